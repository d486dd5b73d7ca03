package api

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http/httptest"
	"reflect"
	"testing"
)

// element is a piece of XML as it stands.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

// reader reads XML by what the document says of it, and nothing else.
type reader struct {
	t *testing.T
	*Door
}

func (r reader) value(s *Schema, e element) any {
	s = r.document.resolve(s)
	empty := e.Text == "" && len(e.Children) == 0
	switch {
	case s.AnyOf != nil && empty:
		return nil
	case s.AnyOf != nil:
		return r.value(s.AnyOf[0], e)
	case empty && s.Type.include(typeNull):
		return nil
	}
	switch s.Type[0] {
	case typeArray:
		return r.list(s, e)
	case typeObject:
		return r.object(s, e)
	case typeBoolean:
		return e.Text == "1"
	case typeInteger, typeNumber:
		return json.Number(e.Text)
	}
	return e.Text
}

func (r reader) list(s *Schema, e element) any {
	list := []any{}
	for _, child := range e.Children {
		if !s.XML.Wrapped || child.XMLName.Local != s.Items.XML.Name {
			r.t.Errorf("<%s> is an entry of a list", child.XMLName.Local)
		}
		list = append(list, r.value(s.Items, child))
	}
	return list
}

func (r reader) object(s *Schema, e element) any {
	object := map[string]any{}
	for _, child := range e.Children {
		name := child.XMLName.Local
		if field := s.field(name); field == nil || field.never {
			r.t.Errorf("<%s> is not declared", name)
		} else {
			object[name] = r.value(field, child)
		}
	}
	return object
}

// answers gives what the document declares of a method's answers in a form.
func (r reader) answers(method, form string) *Schema {
	path, _ := r.document.Paths.get("/service/Test/" + method)
	content, ok := path.Post.Responses[0].Value.Content.get(form)
	if !ok {
		r.t.Fatalf("%s is not answered as %s", method, form)
	}
	return content.Schema
}

// TestXMLIsWhatTheDocumentSays of it: read by the document alone, an answer in XML is the
// answer in JSON.
func TestXMLIsWhatTheDocumentSays(t *testing.T) {
	name := "<Ann>"
	thing := documented{
		ID: 1, Name: &name, Count: 2, Tags: []string{"a", "b"}, Sums: map[string]int{"x": 1}, Mixed: "m",
		Child: &documented{ID: 2, Tags: []string{}, Sums: map[string]int{}, Mixed: "0"}, inner: inner{Flag: true},
	}
	r := reader{t, newDoor(t, nil, Define("thing", "Gives a thing.", func(context.Context, *Call, *nothing) (any, error) { return thing, nil },
		Public, Returns[documented]("The thing.")))}
	declared := r.answers("thing", "application/xml")
	for path, code := range map[string]Code{"thing?": CodeOK, "thing?api=v2&": CodeBadParameter} {
		want, got := httptest.NewRecorder(), httptest.NewRecorder()
		r.ServeHTTP(want, get(path))
		r.ServeHTTP(got, get(path+"output=xml"))
		var e element
		if err := xml.Unmarshal(got.Body.Bytes(), &e); err != nil || e.XMLName.Local != declared.XML.Name {
			t.Fatalf("%s, %v: %s", e.XMLName.Local, err, got.Body)
		}
		c := checker{doc: r.document}
		envelope := c.ofCode(declared, int(code))
		value := r.value(envelope, e)
		if c.value("", envelope, value); len(c.problems) > 0 {
			t.Errorf("%s: %v", got.Body, c.problems)
		}
		if wanted := decoded(t, want.Body.Bytes()); !reflect.DeepEqual(value, wanted) {
			t.Errorf("XML is read as\n%v, JSON is\n%v", value, wanted)
		}
	}
}

func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
