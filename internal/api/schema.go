package api

import (
	"bytes"
	"encoding/json"
)

// A Schema says what a JSON value looks like, in the words of JSON Schema 2020-12
// that OpenAPI 3.1 uses. The zero value takes anything.
type Schema struct {
	Ref         string   `json:"$ref,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        Types    `json:"type,omitempty"`
	Const       any      `json:"const,omitempty"`
	Enum        []any    `json:"enum,omitempty"`
	Default     any      `json:"default,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	Minimum     *int64   `json:"minimum,omitempty"`
	Maximum     *int64   `json:"maximum,omitempty"`
	MaxLength   *int64   `json:"maxLength,omitempty"`
	MaxItems    *int64   `json:"maxItems,omitempty"`
	Media       string   `json:"contentMediaType,omitempty"`
	Items       *Schema  `json:"items,omitempty"`
	Required    []string `json:"required,omitempty"`

	Properties           Properties `json:"properties,omitempty"`
	PatternProperties    Properties `json:"patternProperties,omitempty"`
	AdditionalProperties *Schema    `json:"additionalProperties,omitempty"`

	AnyOf []*Schema `json:"anyOf,omitempty"`
	OneOf []*Schema `json:"oneOf,omitempty"`

	XML *XMLForm `json:"xml,omitempty"`

	never bool // takes nothing: the schema false
}

// XMLForm says how a value stands in XML, where that is not as an element of its name.
type XMLForm struct {
	Name    string `json:"name,omitempty"`
	Wrapped bool   `json:"wrapped,omitempty"` // a list is an element around its entries
}

// A Describer is a result, or what a Taken takes, that says itself what it looks like, where
// its Go type does not: a value that is a number or a string, a type that writes its own JSON.
type Describer interface{ JSONSchema() *Schema }

// Types are the names of JSON types that a value may have.
type Types []string

// Names of JSON types.
const (
	typeString  = "string"
	typeInteger = "integer"
	typeNumber  = "number"
	typeBoolean = "boolean"
	typeObject  = "object"
	typeArray   = "array"
	typeNull    = "null"
)

// MarshalJSON writes one type as a string, several as a list.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// MarshalJSON writes the keywords, or false for a schema that takes nothing.
func (s *Schema) MarshalJSON() ([]byte, error) {
	if s.never {
		return []byte("false"), nil
	}
	type keywords Schema
	return marshalPlain((*keywords)(s))
}

// marshalPlain encodes without the escapes that HTML would need.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// An Entry is one name of an object that keeps the order of its names.
type Entry[T any] struct {
	Name  string
	Value T
}

// Properties are the fields of an object, in order.
type Properties = ordered[*Schema]

// ordered is a JSON object whose names keep their order.
type ordered[T any] []Entry[T]

// get finds a value by its name.
func (o ordered[T]) get(name string) (value T, ok bool) {
	for _, e := range o {
		if e.Name == name {
			return e.Value, true
		}
	}
	return value, false
}

// MarshalJSON writes the object.
func (o ordered[T]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, e := range o {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := marshalPlain(e.Name)
		if err != nil {
			return nil, err
		}
		value, err := marshalPlain(e.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// Object is the schema of an object that has these fields, all of them, and no others.
func Object(fields ...Entry[*Schema]) *Schema {
	s := &Schema{Type: Types{typeObject}, Properties: fields, AdditionalProperties: &Schema{never: true}}
	for _, f := range fields {
		s.Required = append(s.Required, f.Name)
	}
	return s
}

// Field is one field of an Object.
func Field(name string, s *Schema) Entry[*Schema] { return Entry[*Schema]{name, s} }

// listSchema is the schema of a list in an answer.
func listSchema(items *Schema) *Schema {
	item := *items
	item.XML = &XMLForm{Name: "item"}
	return &Schema{Type: Types{typeArray}, Items: &item, XML: &XMLForm{Wrapped: true}}
}

// Text is the schema of a string.
func Text(doc string) *Schema { return &Schema{Type: Types{typeString}, Description: doc} }

// Null is the schema of a field that is never set.
func Null(doc string) *Schema { return &Schema{Type: Types{typeNull}, Description: doc} }

// nullable is s, or null.
func nullable(s *Schema) *Schema {
	if len(s.Type) == 0 {
		return &Schema{AnyOf: []*Schema{s, Null("")}}
	}
	or := *s
	or.Type = append(append(Types{}, s.Type...), typeNull)
	return &or
}
