package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// document is what is read of an OpenAPI 3.1 document.
type document struct {
	Paths      ordered[struct{ Post *operation }]
	Components struct{ Schemas map[string]*schema }
}

// operation is a method of the API; its id is module.method.
type operation struct {
	OperationID string
	Summary     string
	Writes      bool `json:"x-writes"`
	RequestBody struct {
		Content map[string]struct{ Schema *schema }
	}
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema *schema }
	}
}

// schema is a JSON Schema, as far as the document uses it.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 types
	Description          string
	Pattern              string
	Properties           ordered[*schema]
	PatternProperties    ordered[*schema]
	AdditionalProperties *schema
	Required             []string
	Items                *schema
	AnyOf, OneOf         []*schema
	Const, Default       any
	Enum                 []any
	Minimum              *int64
	MaxLength, MaxItems  int
	ContentMediaType     string

	not bool // the schema false
}

// UnmarshalJSON reads a schema, true and false too.
func (s *schema) UnmarshalJSON(text []byte) error {
	if string(text) == "true" || string(text) == "false" {
		*s = schema{not: string(text) == "false"}
		return nil
	}
	type plain schema
	return json.Unmarshal(text, (*plain)(s))
}

func (s *schema) property(name string) *schema {
	for _, p := range s.Properties {
		if p.name == name {
			return p.value
		}
	}
	return nil
}

// isFile says whether a parameter is a file to be sent.
func (s *schema) isFile() bool { return s.ContentMediaType != "" }

// object is the schema or, where it may be something simpler too, that of its
// alternatives that has properties; nil where there is none.
func (s *schema) object() *schema {
	if len(s.Properties) > 0 {
		return s
	}
	for _, other := range slices.Concat(s.AnyOf, s.OneOf) {
		if len(other.Properties) > 0 {
			return other
		}
	}
	return nil
}

// types are the types a value may have, without null.
type types []string

// UnmarshalJSON reads a type or a list of them.
func (t *types) UnmarshalJSON(text []byte) error {
	var all []string
	if err := json.Unmarshal(text, &all); err != nil {
		all = make([]string, 1)
		if err := json.Unmarshal(text, &all[0]); err != nil {
			return err
		}
	}
	*t = slices.DeleteFunc(all, func(name string) bool { return name == "null" })
	return nil
}

func (t types) are(names ...string) bool { return slices.Equal(t, names) }

// ordered is a JSON object whose members keep their order.
type ordered[T any] []member[T]

type member[T any] struct {
	name  string
	value T
}

// UnmarshalJSON reads an object.
func (o *ordered[T]) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return fmt.Errorf("no object: %.40s", text)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value T
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%v: %w", name, err)
		}
		*o = append(*o, member[T]{fmt.Sprint(name), value})
	}
	return nil
}
