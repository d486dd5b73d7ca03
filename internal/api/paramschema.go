package api

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// fileMedia marks a parameter that is a file.
const fileMedia = "application/octet-stream"

// paramSchema describes the parameters that a plan binds. Names that are not in it are
// no mistake: the API ignores them.
func (d *describer) params(pl *plan) (*Schema, error) {
	s := &Schema{Type: Types{typeObject}}
	for i := range pl.fields {
		f := &pl.fields[i]
		field, err := d.param(f.about, f.about.typ)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", f.name, err)
		}
		field.Description = f.about.doc
		s.Properties = append(s.Properties, Field(f.name, field))
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s, nil
}

// about is what a document says of a parameter.
type about struct {
	typ    reflect.Type
	tag    tag
	doc    string
	nested *plan // of a struct, or of the structs in a list
}

func newAbout(sf reflect.StructField, tg tag) (a *about, err error) {
	a = &about{typ: sf.Type, tag: tg, doc: sf.Tag.Get("doc")}
	t := sf.Type
	if t == reflect.TypeFor[Sort]() {
		return a, nil
	}
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && !isWhole(t) {
		a.nested, err = compileStruct(t)
	}
	return a, err
}

// isWhole tells the structs that are one value from those of several parameters.
func isWhole(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[File](), reflect.TypeFor[Pagination]():
		return true
	}
	_, taken := isTaken(t)
	return taken || isOptional(t)
}

// param describes a parameter of type t.
func (d *describer) param(a *about, t reflect.Type) (*Schema, error) {
	switch t {
	case reflect.TypeFor[File]():
		return &Schema{Type: Types{typeString}, Media: fileMedia}, nil
	case reflect.TypeFor[Pagination]():
		return paginationSchema(), nil
	case reflect.TypeFor[Sort]():
		return a.tag.sortSchema(), nil
	}
	if takes, ok := isTaken(t); ok {
		return d.taken(a, takes)
	}
	if isOptional(t) {
		return d.param(a, t.Field(optionalValue).Type)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.param(a, t.Elem())
	case reflect.Slice:
		item := about{tag: a.tag, nested: a.nested}
		item.tag.max = nil
		items, err := d.param(&item, t.Elem())
		return &Schema{Type: Types{typeArray}, Items: items, MaxItems: a.tag.max}, err
	case reflect.Struct:
		return d.params(a.nested)
	default:
		return a.tag.scalarSchema(t), nil
	}
}

// taken describes what a method reads itself.
func (d *describer) taken(a *about, t reflect.Type) (*Schema, error) {
	switch {
	case t == reflect.TypeFor[File]():
		return d.param(a, t)
	case t.Kind() == reflect.Interface:
		return nil, errors.New("it does not say what it takes")
	}
	s, err := d.of(t)
	if err != nil || s.Items == nil {
		return s, err
	}
	return &Schema{Type: s.Type, Items: &Schema{Ref: s.Items.Ref}, MaxItems: a.tag.max}, nil
}

func paginationSchema() *Schema {
	first, smallest, biggest := int64(0), int64(1), int64(maxPageSize)
	size := &Schema{
		Type: Types{typeInteger}, Description: "Items on a page; more than 100 is cut to 100.",
		Minimum: &smallest, Maximum: &biggest, Default: defaultPageSize,
	}
	page := &Schema{Type: Types{typeInteger}, Description: "The page, counted from 0.", Minimum: &first, Default: 0}
	return &Schema{Type: Types{typeObject}, Properties: Properties{Field("pageSize", size), Field("currentPage", page)}}
}

func (tg tag) sortSchema() *Schema {
	s := &Schema{Type: Types{typeObject}}
	for _, name := range tg.sort {
		direction := &Schema{Type: Types{typeString}, Description: "Sorts by " + name + ".", Enum: []any{"ASC", "DESC"}}
		s.Properties = append(s.Properties, Field(name, direction))
	}
	return s
}

func (tg tag) scalarSchema(t reflect.Type) *Schema {
	s := &Schema{Default: tg.wire(tg.preset, t)}
	for _, value := range tg.oneof {
		s.Enum = append(s.Enum, tg.wire(value, t))
	}
	switch t.Kind() {
	case reflect.Bool:
		s.Type = Types{typeBoolean}
	case reflect.String:
		s.Type, s.MaxLength = Types{typeString}, tg.max
	default:
		s.Type, s.Minimum, s.Maximum = Types{typeInteger}, tg.min, tg.max
	}
	return s
}

// wire is a value of a tag as JSON has it; nil for "".
func (tag) wire(value string, t reflect.Type) any {
	if value == "" {
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return value == "1" || value == "true"
	case reflect.String:
		return value
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return n
}
