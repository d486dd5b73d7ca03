package api

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Positions of the fields of an Optional.
const (
	optionalPresent = iota
	optionalEmpty
	optionalValue
)

// A tag is a field's param tag: `param:"name,option,key=value"`.
type tag struct {
	name                    string
	required, entity, lines bool
	keepEmpty               bool
	min, max                *int64
	first                   int
	oneof                   []string
	preset                  string
	sort                    []string // from the sort tag
}

func compilePlan[P any]() (*plan, error) {
	t := reflect.TypeFor[P]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("parameters are a %s, want a struct", t)
	}
	return compileStruct(t)
}

func compileStruct(t reflect.Type) (*plan, error) {
	pl := &plan{}
	for i := range t.NumField() {
		if err := pl.compileField(t.Field(i)); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, t.Field(i).Name, err)
		}
	}
	return pl, pl.checkNames()
}

func (pl *plan) compileField(sf reflect.StructField) error {
	if sf.Type == reflect.TypeFor[Criteria]() && sf.Anonymous {
		pl.criteria = sf.Index
		return nil
	}
	if sf.Type == reflect.TypeFor[Validation]() && sf.Anonymous {
		pl.judged = sf.Index
		return nil
	}
	if sf.Anonymous && sf.Type.Kind() == reflect.Struct {
		return pl.compileEmbedded(sf)
	}
	tg, err := parseTag(sf)
	if err != nil {
		return err
	}
	f := fieldPlan{
		name: tg.name, index: sf.Index, required: tg.required, entity: tg.entity,
		optional: isOptional(sf.Type), keepEmpty: tg.keepEmpty,
		object: sf.Type.Kind() == reflect.Struct && !isOptional(sf.Type), list: sf.Type.Kind() == reflect.Slice, lines: tg.lines,
	}
	f.setItems(sf.Type)
	if f.bind, err = compileBinder(sf.Type, tg); err != nil {
		return err
	}
	if f.preset, err = compilePreset(sf.Type, tg); err != nil {
		return err
	}
	if f.about, err = newAbout(sf, tg); err != nil {
		return err
	}
	pl.fields = append(pl.fields, f)
	return nil
}

// setItems notes how the parameter's items are told, where it has some.
func (f *fieldPlan) setItems(t reflect.Type) {
	takes, taken := isTaken(t)
	f.items = f.list && t != reflect.TypeFor[Sort]() || taken && takes.Kind() == reflect.Slice
	f.lines = f.lines || taken && f.items
}

// compileEmbedded takes over the fields of an embedded struct, which several
// methods share.
func (pl *plan) compileEmbedded(sf reflect.StructField) error {
	inner, err := compileStruct(sf.Type)
	if err != nil {
		return err
	}
	if inner.criteria != nil {
		pl.criteria = append(append([]int{}, sf.Index...), inner.criteria...)
	}
	for _, f := range inner.fields {
		f.index = append(append([]int{}, sf.Index...), f.index...)
		pl.fields = append(pl.fields, f)
	}
	return nil
}

func (pl *plan) checkNames() error {
	seen := map[string]bool{}
	for _, f := range pl.fields {
		if seen[f.name] {
			return fmt.Errorf("parameter %s is there twice", f.name)
		}
		seen[f.name] = true
	}
	return nil
}

func parseTag(sf reflect.StructField) (tag, error) {
	if !sf.IsExported() {
		return tag{}, errors.New("a parameter must be an exported field")
	}
	parts := strings.Split(sf.Tag.Get("param"), ",")
	tg := tag{name: parts[0], sort: strings.Fields(sf.Tag.Get("sort"))}
	if tg.name == "" {
		return tag{}, errors.New(`no name in its tag, want param:"name"`)
	}
	if sf.Tag.Get("doc") == "" {
		return tag{}, fmt.Errorf("parameter %s has no documentation", tg.name)
	}
	for _, option := range parts[1:] {
		if err := tg.option(option); err != nil {
			return tag{}, err
		}
	}
	return tg, nil
}

func (tg *tag) option(option string) (err error) {
	key, value, _ := strings.Cut(option, "=")
	switch key {
	case "required":
		tg.required = true
	case "entity":
		tg.entity = true
	case "lines":
		tg.lines = true
	case "empty":
		tg.keepEmpty = true
	case "oneof":
		tg.oneof = strings.Split(value, "|")
	case "default":
		tg.preset = value
	case "first":
		tg.first, err = strconv.Atoi(value)
	case "min":
		tg.min, err = parseBound(value)
	case "max":
		tg.max, err = parseBound(value)
	default:
		err = fmt.Errorf("unknown option %q", option)
	}
	return err
}

func parseBound(text string) (*int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return &n, err
}

func isOptional(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[interface{ isOptional() }]())
}

// compileBinder chooses how a field of type t is read.
func compileBinder(t reflect.Type, tg tag) (binder, error) {
	if _, ok := isTaken(t); ok {
		return bindTree, nil
	}
	switch t {
	case reflect.TypeFor[*Tree]():
		return nil, errors.New("a *Tree does not say what it takes; make it a Taken")
	case reflect.TypeFor[*File]():
		return bindFile, nil
	case reflect.TypeFor[Pagination]():
		return bindPagination, nil
	case reflect.TypeFor[Sort]():
		return compileSort(tg)
	}
	if isOptional(t) {
		return compileOptional(t, tg)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return compilePointer(t, tg)
	case reflect.Slice:
		return compileList(t, tg)
	case reflect.Struct:
		return compileNested(t)
	default:
		return compileScalar(t, tg)
	}
}

func compileScalar(t reflect.Type, tg tag) (binder, error) {
	set, err := compileSetter(t, tg)
	if err != nil {
		return nil, err
	}
	return func(b *binding, at place, node *Tree, v reflect.Value) {
		text, ok := node.Value()
		if !ok {
			b.refuse(at, "value.notSingle", nil)
			return
		}
		if key, args := set(text, v); key != "" {
			b.refuse(at, key, args)
		}
	}, nil
}

func compilePointer(t reflect.Type, tg tag) (binder, error) {
	inner, err := compileBinder(t.Elem(), tg)
	if err != nil {
		return nil, err
	}
	return func(b *binding, at place, node *Tree, v reflect.Value) {
		v.Set(reflect.New(t.Elem()))
		inner(b, at, node, v.Elem())
	}, nil
}

func compileOptional(t reflect.Type, tg tag) (binder, error) {
	inner, err := compileScalar(t.Field(optionalValue).Type, tg)
	if err != nil {
		return nil, err
	}
	return func(b *binding, at place, node *Tree, v reflect.Value) {
		v.Field(optionalPresent).SetBool(true)
		inner(b, at, node, v.Field(optionalValue))
	}, nil
}

func compileNested(t reflect.Type) (binder, error) {
	pl, err := compileStruct(t)
	if err != nil {
		return nil, err
	}
	return func(b *binding, at place, node *Tree, v reflect.Value) {
		if !node.IsContainer() {
			b.refuseShape(at, "value.notObject")
			return
		}
		b.fill(pl, at, node, v)
	}, nil
}

// compilePreset returns what sets an absent field, or nil for its zero value.
func compilePreset(t reflect.Type, tg tag) (func(reflect.Value), error) {
	if t == reflect.TypeFor[Pagination]() {
		first := reflect.ValueOf(Pagination{Size: defaultPageSize})
		return func(v reflect.Value) { v.Set(first) }, nil
	}
	if t.Kind() == reflect.Struct && !isWhole(t) {
		return compilePresetNested(t)
	}
	if tg.preset == "" {
		return nil, nil
	}
	set, err := compileSetter(t, tg)
	if err != nil {
		return nil, err
	}
	if key, _ := set(tg.preset, reflect.New(t).Elem()); key != "" {
		return nil, fmt.Errorf("default %q is not acceptable itself: %s", tg.preset, key)
	}
	return func(v reflect.Value) { set(tg.preset, v) }, nil
}

// compilePresetNested gives an absent struct the defaults of its fields.
func compilePresetNested(t reflect.Type) (func(reflect.Value), error) {
	pl, err := compileStruct(t)
	if err != nil {
		return nil, err
	}
	return func(v reflect.Value) {
		for i := range pl.fields {
			pl.fields[i].absent(v.FieldByIndex(pl.fields[i].index))
		}
	}, nil
}
