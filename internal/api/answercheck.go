package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CheckAnswer tells how an answer differs from what the document says that the method,
// "module.method", answers; nil: it does not. An unknown method answers refusals only.
func (d *Door) CheckAnswer(method string, answer []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return fmt.Errorf("the answer of %s is no JSON: %w", method, err)
	}
	if e, err := d.table.find(strings.Replace(method, ".", "/", 1)); err == nil {
		method = e.label
	}
	c := checker{doc: d.document}
	envelope, ok := c.envelope(method, value)
	if !ok {
		return fmt.Errorf("%s does not declare the code of %s", method, clip(answer))
	}
	c.value("", envelope, value)
	if len(c.problems) > 0 {
		return fmt.Errorf("the answer of %s is not what it declares: %w: %s", method, errors.Join(c.problems...), clip(answer))
	}
	return nil
}

func clip(answer []byte) []byte { return answer[:min(len(answer), 400)] }

// A checker compares a value with a schema of the document.
type checker struct {
	doc      *openAPI
	problems []error
}

// envelope finds the one that the answer's code belongs to.
func (c *checker) envelope(method string, value any) (*Schema, bool) {
	fields, _ := value.(map[string]any)
	module, name, _ := strings.Cut(method, ".")
	answers := c.doc.Components.Schemas[capital(module)+capital(name)+"Answer"]
	if answers == nil {
		answers = c.doc.Components.Schemas[schemaRefusal]
	}
	s := c.ofCode(answers, fields["code"])
	return s, s != nil
}

// ofCode finds the envelope of a code; nil where there is none.
func (c *checker) ofCode(s *Schema, code any) *Schema {
	s = c.doc.resolve(s)
	for _, one := range s.OneOf {
		if found := c.ofCode(one, code); found != nil {
			return found
		}
	}
	if declared, ok := s.Properties.get("code"); ok && declared.allows(code) {
		return s
	}
	return nil
}

// allows tells whether a scalar is one of those that the schema names.
func (s *Schema) allows(value any) bool {
	if s.Const == nil && s.Enum == nil {
		return true
	}
	return slices.ContainsFunc(append(s.Enum, s.Const), func(allowed any) bool {
		return allowed != nil && fmt.Sprint(allowed) == fmt.Sprint(value)
	})
}

func (c *checker) problem(path, format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
}

func (c *checker) value(path string, s *Schema, value any) {
	s = c.doc.resolve(s)
	if s == nil { // of a module that is not in this table
		return
	}
	if len(s.AnyOf) > 0 {
		c.any(path, s, value)
		return
	}
	kind := kindOf(value)
	if !s.Type.include(kind) {
		c.problem(path, "is %s, declared %s", kind, strings.Join(s.Type, " or "))
		return
	}
	if !s.allows(value) {
		c.problem(path, "is none of the values declared")
	}
	switch value := value.(type) {
	case string:
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(value) {
			c.problem(path, "does not match %s", s.Pattern)
		}
	case []any:
		for i, item := range value {
			if s.Items != nil {
				c.value(path+"["+strconv.Itoa(i)+"]", s.Items, item)
			}
		}
	case map[string]any:
		c.object(path, s, value)
	}
}

func (t Types) include(kind string) bool {
	return len(t) == 0 || slices.Contains(t, kind) || kind == typeInteger && slices.Contains(t, typeNumber)
}

func (c *checker) any(path string, s *Schema, value any) {
	var problems []error
	for _, option := range s.AnyOf {
		inner := checker{doc: c.doc}
		if inner.value(path, option, value); len(inner.problems) == 0 {
			return
		}
		problems = append(problems, inner.problems...)
	}
	c.problems = append(c.problems, problems...)
}

func kindOf(value any) string {
	switch value := value.(type) {
	case nil:
		return typeNull
	case bool:
		return typeBoolean
	case string:
		return typeString
	case []any:
		return typeArray
	case json.Number:
		if _, err := value.Int64(); err == nil {
			return typeInteger
		}
		return typeNumber
	}
	return typeObject
}

// object finds fields that are missing, and fields that nothing declares.
func (c *checker) object(path string, s *Schema, value map[string]any) {
	for _, name := range s.Required {
		if _, there := value[name]; !there {
			c.problem(path+"."+name, "is missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(value)) {
		at := path + "." + name
		switch field := s.field(name); {
		case field == nil:
		case field.never:
			c.problem(at, "is not declared")
		default:
			c.value(at, field, value[name])
		}
	}
}

// field is the schema of a field, by its name, its pattern, or that of all others.
func (s *Schema) field(name string) *Schema {
	if field, ok := s.Properties.get(name); ok {
		return field
	}
	for _, p := range s.PatternProperties {
		if regexp.MustCompile(p.Name).MatchString(name) {
			return p.Value
		}
	}
	return s.AdditionalProperties
}
