package main

import (
	"bytes"
	"fmt"
	"go/format"
	"regexp"
	"slices"
	"strings"
)

// typeWriter writes each type once.
type typeWriter struct {
	schemas map[string]*schema
	uses    uses
	out     bytes.Buffer
	written map[string]bool
}

func (t *typeWriter) source() ([]byte, error) {
	return format.Source(slices.Concat([]byte(header+"import \"encoding/json\"\n\n"), t.out.Bytes()))
}

// begin says whether a type is yet to be written.
func (t *typeWriter) begin(name string) bool {
	known := t.written[name]
	t.written[name] = true
	return !known
}

// field is a line of a struct.
type field struct{ name, goType, tag, doc string }

func (t *typeWriter) write(doc, name string, fields []field) {
	fmt.Fprintf(&t.out, "\n%stype %s struct {\n", comment(doc), name)
	for _, f := range fields {
		fmt.Fprintf(&t.out, "%s%s %s `json:\"%s\"`\n", comment(f.doc), f.name, f.goType, f.tag)
	}
	t.out.WriteString("}\n")
}

// request writes the parameters of a method, and tells where the files are among them.
func (t *typeWriter) request(m *method, name string) {
	if !t.begin(name) {
		return
	}
	t.parameters(fmt.Sprintf("%s are the parameters of %s.", name, m.path()), name, m.request, m, false)
	files := filesOf(m.request, "r", "")
	if len(files) == 0 {
		return
	}
	fmt.Fprintf(&t.out, "\nfunc (r %s) files() map[string]*File {\nreturn map[string]*File{\n", name)
	for _, f := range files {
		fmt.Fprintf(&t.out, "%q: %s,\n", f.tag, f.name)
	}
	t.out.WriteString("}\n}\n")
}

// filesOf gives the files among parameters: by their places in Go and in a form.
func filesOf(s *schema, place, form string) (all []field) {
	for _, p := range s.Properties {
		at, name := place+"."+goName(p.name), p.name
		if form != "" {
			name = form + "[" + p.name + "]"
		}
		if p.value.isFile() {
			all = append(all, field{name: at, tag: name})
		} else {
			all = append(all, filesOf(p.value, at, name)...)
		}
	}
	return all
}

// parameters writes a struct of parameters. changes says that each is a change: what is
// left out stays as it is, unlike what is empty.
func (t *typeWriter) parameters(doc, name string, s *schema, m *method, changes bool) {
	var fields []field
	for _, p := range s.Properties {
		required := slices.Contains(s.Required, p.name)
		f := field{name: goName(p.name), doc: constraints(p.value), tag: p.name}
		f.goType = t.parameter(m, p.name, p.value, changes)
		switch {
		case p.value.isFile():
			f.tag = "-"
		case required:
		case p.value.object() != nil && !strings.HasPrefix(f.goType, "[]"):
			f.tag += ",omitzero"
		default:
			f.tag += ",omitempty"
			if isScalar(f.goType) && (changes || zeroCounts(p.name, p.value)) {
				f.goType = "*" + f.goType
			}
		}
		fields = append(fields, f)
	}
	t.write(doc, name, fields)
}

func isScalar(goType string) bool { return goType == "string" || goType == "Int" || goType == "bool" }

// zeroCounts says whether a scalar's zero value means anything else than leaving it out.
func zeroCounts(name string, s *schema) bool {
	switch {
	case s.Type.are("boolean"):
		return s.Default == true
	case s.Type.are("integer"):
		refused := s.Minimum != nil && *s.Minimum > 0 || len(s.Enum) > 0 && !slices.Contains(s.Enum, any(0.0))
		return !refused && s.Default != 0.0 && !isID.MatchString(name)
	default: // the wire takes an empty string for none
		return false
	}
}

// parameter gives the Go type of a parameter, and writes it if it has a name or is one of
// the method's own.
func (t *typeWriter) parameter(m *method, name string, s *schema, changes bool) string {
	switch {
	case s.Ref != "":
		return t.taken(refName(s))
	case s.isFile():
		return "*File"
	case s.object() != nil && name == "pagination":
		return "Pagination"
	case s.object() != nil:
		return t.nested(m, name, s.object(), changes || m.name == "update" && name == "data")
	case s.Type.are("array") && s.Items != nil:
		return "[]" + strings.TrimPrefix(t.parameter(m, name, s.Items, changes), "*")
	case s.Type.are("string") && len(s.Enum) == 2 && s.Enum[0] == "ASC":
		return "Order"
	case s.Type.are("string"):
		return "string"
	case s.Type.are("integer"):
		return "Int"
	case s.Type.are("boolean"):
		return "bool"
	default:
		return "any"
	}
}

// nested writes an object within a method's parameters.
func (t *typeWriter) nested(m *method, name string, s *schema, changes bool) string {
	goType := m.typePrefix() + goName(name)
	if t.begin(goType) {
		t.parameters(fmt.Sprintf("%s is the parameter %s of %s.", goType, name, m.path()), goType, s, m, changes)
	}
	return goType
}

// taken writes a type that several parameters have, and gives its pointer. What may be a
// simple value too is an object in Go.
func (t *typeWriter) taken(name string) string {
	object := t.schemas[name].object()
	if !t.begin(name) {
		return "*" + name
	}
	var fields []field
	for _, p := range object.Properties {
		f := field{goName(p.name), "string", p.name, constraints(p.value)}
		if !slices.Contains(object.Required, p.name) {
			f.tag += ",omitempty"
		}
		fields = append(fields, f)
	}
	rest := object.AdditionalProperties
	if rest != nil && !rest.not {
		fields = append(fields, field{"Values", "map[string]string", "-", rest.Description})
	}
	t.write(t.uses.sentence(name), name, fields)
	if rest != nil && !rest.not {
		fmt.Fprintf(&t.out, `
// MarshalJSON writes the fields, and the values beside them.
func (r %[1]s) MarshalJSON() ([]byte, error) {
	type plain %[1]s
	return marshalWith(plain(r), r.Values)
}
`, name)
	}
	return "*" + name
}

// constraints is a parameter's description with what bounds it.
func constraints(s *schema) string {
	said := s.Description
	if s.Default != nil {
		said += fmt.Sprintf(" Default %v.", s.Default)
	}
	if len(s.Enum) > 0 && s.Type.are("string") && s.Enum[0] != "ASC" {
		all := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			all[i] = fmt.Sprint(e)
		}
		said += " One of: " + strings.Join(all, ", ") + "."
	}
	if s.MaxLength > 0 {
		said += fmt.Sprintf(" Up to %d characters.", s.MaxLength)
	}
	if s.MaxItems > 0 {
		said += fmt.Sprintf(" Up to %d.", s.MaxItems)
	}
	return strings.TrimSpace(said)
}

var (
	isID     = regexp.MustCompile(`^(id|.*Id)$`)
	isNumber = regexp.MustCompile(`^(id|.*Id|.*Cnt|.*Count|.*Num)$`)
	notInt   = []string{"partnerId"}
)

// result gives the Go type of a result, and writes those that have names. name is that
// of a field; "" = it has none.
func (t *typeWriter) result(name string, s *schema) string {
	switch {
	case s.Ref != "":
		return t.named(refName(s))
	case len(s.AnyOf) > 0 && s.AnyOf[0].Ref != "": // or null
		return t.result(name, s.AnyOf[0])
	case s.Type.are("array"):
		return "[]" + strings.TrimPrefix(t.result(name, s.Items), "*")
	case s.Type.are("object") && s.AdditionalProperties != nil && !s.AdditionalProperties.not:
		return "map[string]" + t.result(name, s.AdditionalProperties)
	case s.Type.are("object"):
		return "struct{}"
	case t.isInt(name, s):
		return "Int"
	case s.Type.are("boolean"):
		return "bool"
	default:
		return "string"
	}
}

// isInt says whether a result is a whole number, be it a string on the wire.
func (t *typeWriter) isInt(name string, s *schema) bool {
	counts := s.Pattern != "" || isNumber.MatchString(name) && !slices.Contains(notInt, name)
	if name == "" { // the whole result
		counts = strings.HasPrefix(s.Description, "The id of ") || strings.HasPrefix(s.Description, "The number of ")
	}
	return s.Type.are("integer") || len(s.Type) == 2 || s.Type.are("string") && counts
}

// named writes a type of the document's and gives its pointer; of one that is no object
// the type.
func (t *typeWriter) named(name string) string {
	s := t.schemas[name]
	if !s.Type.are("object") {
		return t.result("", s)
	}
	if !t.begin(name) {
		return "*" + name
	}
	var fields []field
	for _, p := range s.Properties {
		f := field{goName(p.name), t.result(p.name, p.value), p.name, p.value.Description}
		if p.value.Ref != "" {
			f.goType = strings.TrimPrefix(f.goType, "*")
		}
		fields = append(fields, f)
	}
	for _, p := range s.PatternProperties {
		fields = append(fields, field{"Counts", "map[string]Int", "-", "By their names, such as clicks0. " + p.value.Description})
	}
	t.write(t.uses.sentence(name), name, fields)
	if len(s.PatternProperties) > 0 {
		fmt.Fprintf(&t.out, `
// UnmarshalJSON reads the fields, and the counts beside them.
func (r *%[1]s) UnmarshalJSON(text []byte) error {
	type plain %[1]s
	if err := json.Unmarshal(text, (*plain)(r)); err != nil {
		return err
	}
	return unmarshalRest(text, %[1]s{}, &r.Counts)
}
`, name)
	}
	return "*" + name
}
