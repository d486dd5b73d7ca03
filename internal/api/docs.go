package api

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed docs.html
var docsHTML string

// Document serves the OpenAPI document of the door's methods.
func (d *Door) Document() http.Handler {
	text, err := d.document.JSON()
	return readOnly(func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			d.config.Logger.Error("the API's document", "error", err)
			http.Error(w, "the document can't be shown", http.StatusInternalServerError)
			return
		}
		allowOrigins(w.Header())
		sendText(w, "application/json; charset=utf-8", text)
	})
}

// DocsPage serves the page that people read of the same document. Everything on it is
// in it, and it can be read without scripts; with them a call can be tried.
func (d *Door) DocsPage() http.Handler {
	page := template.Must(template.New("docs").Funcs(template.FuncMap{
		"shape": d.document.shape, "type": d.document.typeName, "prose": prose,
	}).Parse(docsHTML))
	modules := d.document.modules()
	return readOnly(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		var out bytes.Buffer
		err := page.Execute(&out, docsView{
			Nonce: nonce, Origin: origin(r), Intro: strings.Split(documentIntroduction, "\n\n"), Modules: modules, Codes: Codes(),
		})
		if err != nil {
			d.config.Logger.Error("the page of the API's document", "error", err)
			http.Error(w, "the page can't be shown", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Security-Policy", fmt.Sprintf(
			"default-src 'none'; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", nonce))
		w.Header().Set("Referrer-Policy", "no-referrer")
		sendText(w, "text/html; charset=utf-8", out.Bytes())
	})
}

// prose is a paragraph of the document's, of whose Markdown `code` alone is used.
func prose(text string) template.HTML {
	parts := strings.Split(template.HTMLEscapeString(text), "`")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = "<code>" + parts[i] + "</code>"
	}
	return template.HTML(strings.Join(parts, ""))
}

// readOnly refuses what is neither GET nor HEAD.
func readOnly(show http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
			return
		}
		show(w, r)
	})
}

func sendText(w http.ResponseWriter, contentType string, text []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) // the reader is gone; there is nobody to tell
}

// docsView is what the page shows.
type docsView struct {
	Nonce, Origin string
	Intro         []string // its paragraphs
	Modules       []docsModule
	Codes         []CodeName
}

type docsModule struct {
	Name, Doc string
	Methods   []docsMethod
}

// docsMethod is a method as the page shows it.
type docsMethod struct {
	*operation
	Module, Name string
	Path         string
	Query        []openParameter // its own parameters, as they stand in a form
	Result       *Schema         // the data of code 0; nil for a file
	Answer       string          // what that is
	Codes        []int           // it answers beside 0 and refusals
}

// modules sorts the operations by their modules.
func (doc *openAPI) modules() []docsModule {
	var all []docsModule
	for _, tag := range doc.Tags {
		m := docsModule{Name: tag.Name, Doc: tag.Description}
		for _, p := range doc.Paths {
			if p.Value.Get.Tags[0] == tag.Name {
				m.Methods = append(m.Methods, doc.docsMethod(p.Name, p.Value))
			}
		}
		all = append(all, m)
	}
	return all
}

func (doc *openAPI) docsMethod(path string, p *openPath) docsMethod {
	m := docsMethod{operation: p.Post, Path: path, Answer: p.Post.Responses[0].Value.Description}
	m.Module, m.Name, _ = strings.Cut(p.Post.ID, ".")
	if body := p.Post.RequestBody; body != nil {
		m.Query = flat("", doc.resolve(body.Content[0].Value.Schema), true)
	}
	content, _ := p.Post.Responses[0].Value.Content.get("application/json")
	for _, answer := range doc.resolve(content.Schema).OneOf {
		if answer.Ref != "" {
			continue
		}
		code, _ := answer.Properties.get("code")
		if code.Const == int(CodeOK) {
			m.Result, _ = answer.Properties.get("data")
			continue
		}
		m.Codes = append(m.Codes, code.Const.(int))
	}
	return m
}

// A docsField is a row of a result's table: a field, and what it is within.
type docsField struct {
	Within, Name, Type, Doc string
}

// shape lists the fields of a result, those inside others under dotted names.
func (doc *openAPI) shape(s *Schema) []docsField {
	var rows []docsField
	doc.addFields(&rows, "", s, 0)
	return rows
}

// deepest bounds how far a result is told: the schemas may refer to each other.
const deepest = 4

func (doc *openAPI) addFields(rows *[]docsField, prefix string, s *Schema, depth int) {
	s = doc.resolve(s)
	switch {
	case s == nil || depth > deepest:
	case len(s.AnyOf) > 0:
		doc.addFields(rows, prefix, s.AnyOf[0], depth+1)
	case s.Items != nil:
		doc.addFields(rows, prefix+"[].", s.Items, depth+1)
	default:
		for _, f := range append(s.Properties[:len(s.Properties):len(s.Properties)], s.PatternProperties...) {
			*rows = append(*rows, docsField{prefix, f.Name, doc.typeName(f.Value), f.Value.Description})
			inner := prefix + f.Name
			if doc.resolve(f.Value) != nil && doc.resolve(f.Value).Items == nil {
				inner += "."
			}
			doc.addFields(rows, inner, f.Value, depth+1)
		}
	}
}

// typeName says a type in a word or two.
func (doc *openAPI) typeName(s *Schema) string {
	s = doc.resolve(s)
	switch {
	case s == nil:
		return "object"
	case s.Media != "":
		return "file"
	case len(s.AnyOf) > 0:
		var all []string
		for _, other := range s.AnyOf {
			all = append(all, doc.typeName(other))
		}
		return strings.Join(all, " or ")
	case s.Items != nil:
		return "list of " + doc.typeName(s.Items)
	case len(s.Type) == 0:
		return "any"
	}
	return strings.Join(s.Type, " or ")
}

// Choices are the values that a parameter may have, where there are few.
func (p openParameter) Choices() []any {
	if slices.Equal(p.Schema.Type, Types{typeBoolean}) {
		return []any{1, 0}
	}
	return p.Schema.Enum
}

// TakesKey tells whether an idempotency key means something to the method.
func (m docsMethod) TakesKey() bool {
	return slices.ContainsFunc(m.Parameters, func(p openParameter) bool { return p.Ref == sharedPrefix+idempotencyParameter })
}

// Curl is an example: the parameters that must be there, and the key where one is asked
// for.
func (m docsMethod) Curl(origin string) string {
	lines := []string{"curl " + origin + m.Path}
	if m.Security == nil {
		lines = append(lines, "-d apiKey=YOUR_API_KEY")
	}
	for _, p := range m.Query {
		if p.Required {
			lines = append(lines, "-d '"+p.Name+"=…'")
		}
	}
	return strings.Join(lines, " \\\n  ")
}

// Limits says what a parameter's value may be.
func (p openParameter) Limits() string {
	var all []string
	say := func(format string, value any) { all = append(all, fmt.Sprintf(format, value)) }
	s := p.Schema
	if s.Enum != nil {
		say("one of %v", strings.Trim(fmt.Sprint(s.Enum), "[]"))
	}
	for _, bound := range []struct {
		format string
		value  *int64
	}{{"at least %d", s.Minimum}, {"at most %d", s.Maximum}, {"at most %d characters", s.MaxLength}, {"at most %d entries", s.MaxItems}} {
		if bound.value != nil {
			say(bound.format, *bound.value)
		}
	}
	if s.Default != nil {
		say("default %v", s.Default)
	}
	return strings.Join(all, ", ")
}
