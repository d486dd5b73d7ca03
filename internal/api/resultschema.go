package api

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A describer makes the schemas of results from their Go types, and keeps those of
// named structs by the names they have in the document.
type describer struct {
	modules map[string]string // a module's folder → what the names of its types begin with
	types   map[string]reflect.Type
	named   map[string]*Schema
}

func newDescriber(modules []Module) *describer {
	d := &describer{modules: map[string]string{}, types: map[string]reflect.Type{}, named: map[string]*Schema{}}
	for _, m := range modules {
		d.modules[strings.ToLower(m.Name)] = capital(m.Name)
	}
	return d
}

func capital(name string) string {
	first := min(1, len(name))
	return strings.ToUpper(name[:first]) + name[first:]
}

// of is the schema of what encoding/json makes of a t.
func (d *describer) of(t reflect.Type) (*Schema, error) {
	switch {
	case implements[Describer](t):
		return d.keep(t, func() (*Schema, error) { return described(t) })
	case t.Kind() == reflect.Pointer:
		s, err := d.of(t.Elem())
		if err != nil {
			return nil, err
		}
		return nullable(s), nil
	case implements[json.Marshaler](t):
		return nil, fmt.Errorf("%s writes its own JSON and does not say which; make it a Describer", t)
	case implements[encoding.TextMarshaler](t):
		return Text(""), nil
	}
	return d.ofKind(t)
}

func implements[I any](t reflect.Type) bool {
	return t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}

// described is what a Describer says of itself.
func described(t reflect.Type) (*Schema, error) {
	s := reflect.New(t).Interface().(Describer).JSONSchema()
	if names := s.undocumented(); len(names) > 0 {
		return nil, fmt.Errorf("%s: field %s has no documentation", t, strings.Join(names, ", "))
	}
	return s, nil
}

// undocumented are the fields of a schema, or of one of its alternatives, that it says
// nothing of.
func (s *Schema) undocumented() (names []string) {
	for _, f := range slices.Concat(s.Properties, s.PatternProperties) {
		if f.Value.Description == "" {
			names = append(names, f.Name)
		}
	}
	for _, other := range s.AnyOf {
		names = append(names, other.undocumented()...)
	}
	return names
}

func (d *describer) ofKind(t reflect.Type) (*Schema, error) {
	switch t.Kind() {
	case reflect.String:
		return Text(""), nil
	case reflect.Bool:
		return &Schema{Type: Types{typeBoolean}}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return &Schema{Type: Types{typeInteger}}, nil
	case reflect.Float64:
		return &Schema{Type: Types{typeNumber}}, nil
	case reflect.Slice, reflect.Array:
		items, err := d.of(t.Elem())
		if err != nil {
			return nil, err
		}
		return listSchema(items), nil
	case reflect.Map:
		values, err := d.of(t.Elem())
		return &Schema{Type: Types{typeObject}, AdditionalProperties: values}, err
	case reflect.Interface:
		return &Schema{}, nil
	case reflect.Struct:
		return d.keep(t, func() (*Schema, error) { return d.ofStruct(t) })
	default:
		return nil, fmt.Errorf("a result can't be a %s", t)
	}
}

// keep puts the schema of a type with a name among the document's, and gives the
// reference to it.
func (d *describer) keep(t reflect.Type, make func() (*Schema, error)) (*Schema, error) {
	name := d.name(t)
	if name == "" {
		return make()
	}
	ref := &Schema{Ref: schemaPrefix + name}
	if known, ok := d.types[name]; ok {
		if known != t {
			return nil, fmt.Errorf("%s and %s are both %s in the document", known, t, name)
		}
		return ref, nil
	}
	d.types[name] = t // before its fields: one may be of the same type
	s, err := make()
	if err != nil {
		return nil, err
	}
	d.named[name] = s
	return ref, nil
}

const schemaPrefix = "#/components/schemas/"

// name is a type's name in the document: its module's and its own. A List has that of
// its items.
func (d *describer) name(t reflect.Type) string {
	own := t.Name()
	if own == "" {
		return ""
	}
	if generic, _, ok := strings.Cut(own, "["); ok {
		items, _ := t.FieldByName("Items")
		return d.name(items.Type.Elem()) + capital(generic)
	}
	own = capital(own)
	for folder := range strings.SplitSeq(t.PkgPath(), "/") {
		if module, ok := d.modules[folder]; ok {
			return module + strings.TrimPrefix(own, module)
		}
	}
	return own
}

// ofStruct describes the fields as encoding/json writes them: those of an embedded
// struct stand among its own.
func (d *describer) ofStruct(t reflect.Type) (*Schema, error) {
	s := Object()
	var all []error
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			s.Description = f.Tag.Get("doc")
			continue
		}
		if err := d.addField(s, f); err != nil {
			all = append(all, fmt.Errorf("%s.%s: %w", t, f.Name, err))
		}
	}
	return s, errors.Join(all...)
}

func (d *describer) addField(s *Schema, f reflect.StructField) error {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if f.Anonymous && name == "" {
		inner, err := d.ofStruct(f.Type)
		if err != nil {
			return err
		}
		s.Properties = append(s.Properties, inner.Properties...)
		s.Required = append(s.Required, inner.Required...)
		return nil
	}
	switch {
	case name == "-", !f.IsExported():
		return nil
	case name == "":
		return errors.New("no json tag")
	case f.Tag.Get("doc") == "":
		return fmt.Errorf("field %s has no documentation", name)
	}
	field, err := d.ofField(f, strings.Split(options, ","))
	if err != nil {
		return err
	}
	s.Properties = append(s.Properties, Field(name, field))
	if !strings.Contains(options, "omit") {
		s.Required = append(s.Required, name)
	}
	return nil
}

func (d *describer) ofField(f reflect.StructField, options []string) (*Schema, error) {
	if name := f.Tag.Get("schema"); name != "" {
		return &Schema{Ref: schemaPrefix + name, Description: f.Tag.Get("doc")}, nil
	}
	field, err := d.of(f.Type)
	if err != nil {
		return nil, err
	}
	if slices.Contains(options, "string") && slices.Equal(field.Type, Types{typeInteger}) {
		field = &Schema{Type: Types{typeString}, Pattern: `^-?[0-9]+$`}
	}
	documented := *field // it may be its type's, which others share
	documented.Description = f.Tag.Get("doc")
	return &documented, nil
}
