package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// openAPI is the document of OpenAPI 3.1 about a method table.
type openAPI struct {
	OpenAPI    string             `json:"openapi"`
	Info       openInfo           `json:"info"`
	Servers    []openServer       `json:"servers"`
	Security   []map[string][]any `json:"security"`
	Tags       []openTag          `json:"tags"`
	Paths      ordered[*openPath] `json:"paths"`
	Components openComponents     `json:"components"`
}

type openInfo struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type openServer struct {
	URL string `json:"url"`
}

type openTag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type openPath struct {
	Get  *operation `json:"get"`
	Post *operation `json:"post"`
}

// An operation is a method by one of the verbs of HTTP.
type operation struct {
	ID          string                 `json:"operationId"`
	Tags        []string               `json:"tags"`
	Summary     string                 `json:"summary"`
	Writes      bool                   `json:"x-writes,omitempty"`
	Security    *[]map[string][]any    `json:"security,omitempty"` // nil = the document's
	Parameters  []openParameter        `json:"parameters"`
	RequestBody *openBody              `json:"requestBody,omitempty"`
	Responses   ordered[*openResponse] `json:"responses"`
}

type openParameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Style       string  `json:"style,omitempty"`
	Explode     *bool   `json:"explode,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

type openBody struct {
	Required bool               `json:"required,omitempty"`
	Content  ordered[openMedia] `json:"content"`
}

type openMedia struct {
	Schema   *Schema               `json:"schema"`
	Encoding ordered[openEncoding] `json:"encoding,omitempty"`
}

type openEncoding struct {
	Style   string `json:"style"`
	Explode bool   `json:"explode"`
}

type openResponse struct {
	Description string              `json:"description"`
	Headers     ordered[openHeader] `json:"headers,omitempty"`
	Content     ordered[openMedia]  `json:"content"`
}

type openHeader struct {
	Description string  `json:"description"`
	Schema      *Schema `json:"schema"`
}

type openComponents struct {
	SecuritySchemes ordered[openSecurity]  `json:"securitySchemes"`
	Parameters      ordered[openParameter] `json:"parameters"`
	Schemas         map[string]*Schema     `json:"schemas"`
}

type openSecurity struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description"`
}

// documentIntroduction says what all methods have in common, in paragraphs.
const documentIntroduction = "Each call is GET or POST `/service/{module}/{method}`. " +
	"Parameters come in the query or in the body, as a form with brackets, `data[name]=x`, or as JSON, and mean the same; the body wins. " +
	"Lists arrive as `ids=1,2`, as `ids[]=1&ids[]=2` or as a JSON array. An empty string means absent." +
	"\n\n" +
	"The key comes as the parameter `apiKey`, or in the header `Authorization: Bearer`." +
	"\n\n" +
	"The HTTP status of every answer is 200: the field `code` says what came of the call. Code 0 comes with the result in `data`, " +
	"any other with a sentence in `message`. With `output=xml` the same comes as XML." +
	"\n\n" +
	"Times are YYYY-MM-DD HH:MM:SS in the account's time zone. Amounts of money are strings with four decimals, in the account's currency. " +
	"A field that is not set is null."

// newOpenAPI describes the methods of a table that New has checked.
func newOpenAPI(modules []Module) (*openAPI, error) {
	w := documentWriter{describer: newDescriber(modules), doc: &openAPI{
		OpenAPI:  "3.1.0",
		Info:     openInfo{Title: "Heliograph", Version: "v1", Description: documentIntroduction},
		Servers:  []openServer{{URL: "/"}},
		Security: []map[string][]any{{paramKey: {}}, {"bearer": {}}},
		Components: openComponents{SecuritySchemes: ordered[openSecurity]{
			{paramKey, openSecurity{Type: "apiKey", In: "query", Name: paramKey, Description: "The account's API key, in the query or in the body."}},
			{"bearer", openSecurity{Type: "http", Scheme: "bearer", Description: "The same key as a bearer token."}},
		}, Parameters: sharedParameters()},
	}}
	for _, m := range modules {
		w.doc.Tags = append(w.doc.Tags, openTag{m.Name, m.Doc})
		for i := range m.Methods {
			if err := w.method(m.Name, &m.Methods[i]); err != nil {
				return nil, fmt.Errorf("module %s: method %s: %w", m.Name, m.Methods[i].Name, err)
			}
		}
	}
	w.doc.Components.Schemas = w.named
	return w.doc, w.refusals()
}

func sharedParameters() ordered[openParameter] {
	return ordered[openParameter]{
		{paramOutput, openParameter{
			Name: paramOutput, In: "query", Description: "The form of the answer.",
			Schema: &Schema{Type: Types{typeString}, Enum: []any{"json", "xml"}, Default: "json"},
		}},
		{paramAPI, openParameter{
			Name: paramAPI, In: "query", Description: "The version of the API.",
			Schema: &Schema{Type: Types{typeString}, Enum: []any{"v1"}, Default: "v1"},
		}},
		{idempotencyParameter, openParameter{
			Name: "Idempotency-Key", In: "header",
			Description: "A name for this call, chosen by the caller: for 24 hours the same name with the same parameters gets the first answer again.",
			Schema:      &Schema{Type: Types{typeString}, MaxLength: new(int64(128))},
		}},
	}
}

const idempotencyParameter = "idempotencyKey"

// A documentWriter puts methods into a document.
type documentWriter struct {
	*describer
	doc *openAPI
}

func (w *documentWriter) method(module string, m *Method) error {
	label := module + "." + m.Name
	name := capital(module) + capital(m.Name)
	answers, err := w.answers(m)
	if err != nil {
		return err
	}
	if err := w.add(name+"Answer", &Schema{OneOf: answers}); err != nil {
		return err
	}
	base := operation{
		ID: label, Tags: []string{module}, Summary: m.Doc, Writes: m.writes,
		Parameters: shared(m), Responses: ordered[*openResponse]{{"200", w.response(m, name)}},
	}
	if m.public {
		base.Security = &[]map[string][]any{}
	}
	get, post := base, base
	get.ID = label + ".get"
	params, err := w.params(m.takes)
	if err != nil {
		return err
	}
	if len(params.Properties) > 0 {
		if err := w.add(name+"Parameters", params); err != nil {
			return err
		}
		get.Parameters = append(slices.DeleteFunc(flat("", params, true), openParameter.isFile), base.Parameters...)
		post.RequestBody = requestBody(name, params, m.expectsFile)
	}
	w.doc.Paths = append(w.doc.Paths, Entry[*openPath]{servicePrefix + module + "/" + m.Name, &openPath{&get, &post}})
	return nil
}

// add gives a schema of ours a name, which no type of a result may have too.
func (w *documentWriter) add(name string, s *Schema) error {
	if w.named[name] != nil {
		return fmt.Errorf("the document has two schemas called %s", name)
	}
	w.named[name] = s
	return nil
}

// shared are the parameters that every method takes.
func shared(m *Method) []openParameter {
	names := []string{paramOutput, paramAPI}
	if m.takesKey() {
		names = append(names, idempotencyParameter)
	}
	var all []openParameter
	for _, name := range names {
		all = append(all, openParameter{Ref: sharedPrefix + name})
	}
	return all
}

const sharedPrefix = "#/components/parameters/"

// isFile tells a parameter that can't stand in a query.
func (p openParameter) isFile() bool { return p.Schema.Media != "" }

// flat spells parameters as they stand in a form. Of a list of objects it shows the
// first. required says that what they are within is.
func flat(path string, s *Schema, required bool) (all []openParameter) {
	for _, p := range s.Properties {
		at, must := p.Name, required && slices.Contains(s.Required, p.Name)
		if path != "" {
			at = path + "[" + p.Name + "]"
		}
		switch f := p.Value; {
		case len(f.Properties) > 0:
			all = append(all, flat(at, f, must)...)
		case f.Items != nil && len(f.Items.Properties) > 0:
			all = append(all, flat(at+"[0]", f.Items, false)...)
		default:
			all = append(all, queryParameter(at, f, must))
		}
	}
	return all
}

func queryParameter(name string, s *Schema, required bool) openParameter {
	plain := *s
	plain.Description = ""
	p := openParameter{Name: name, In: "query", Description: s.Description, Required: required, Schema: &plain}
	if s.Items != nil {
		p.Style, p.Explode = "form", new(false)
	}
	return p
}

func requestBody(name string, params *Schema, file bool) *openBody {
	ref := &Schema{Ref: schemaPrefix + name + "Parameters"}
	form := openMedia{Schema: ref}
	for _, p := range params.Properties {
		if len(p.Value.Properties) > 0 {
			form.Encoding = append(form.Encoding, Entry[openEncoding]{p.Name, openEncoding{"deepObject", true}})
		}
	}
	b := &openBody{Required: len(params.Required) > 0, Content: ordered[openMedia]{
		{"application/json", openMedia{Schema: ref}}, {formMedia, form},
	}}
	if file {
		b.Content = append(b.Content, Entry[openMedia]{"multipart/form-data", openMedia{Schema: ref}})
	}
	return b
}

const formMedia = "application/x-www-form-urlencoded"

func (w *documentWriter) response(m *Method, name string) *openResponse {
	r := &openResponse{
		Description: m.returns.doc,
		Headers: ordered[openHeader]{
			{"X-Request-Id", openHeader{"Names this call in the operator's log.", Text("")}},
			{"X-Api-Code", openHeader{"The code of the answer.", &Schema{Type: Types{typeInteger}}}},
			{"Retry-After", openHeader{"Seconds to wait before trying again, with codes 30 and 999.", &Schema{Type: Types{typeInteger}}}},
		},
		Content: ordered[openMedia]{
			{"application/json", openMedia{Schema: &Schema{Ref: schemaPrefix + name + "Answer"}}},
			{"application/xml", openMedia{Schema: &Schema{
				Ref: schemaPrefix + name + "Answer", XML: &XMLForm{Name: "response"},
				Description: "With output=xml. Null is an empty element, true and false are 1 and 0.",
			}}},
		},
	}
	if m.returns.isFile() {
		r.Content = append(r.Content, Entry[openMedia]{"text/csv", openMedia{Schema: Text(m.returns.doc)}})
	}
	return r
}

// JSON is the document, indented.
func (doc *openAPI) JSON() ([]byte, error) {
	plain, err := marshalPlain(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	var b bytes.Buffer
	err = json.Indent(&b, plain, "", "  ")
	b.WriteByte('\n')
	return b.Bytes(), err
}

// resolve follows a reference to a schema; nil where it leads nowhere.
func (doc *openAPI) resolve(s *Schema) *Schema {
	for s != nil && s.Ref != "" {
		s = doc.Components.Schemas[strings.TrimPrefix(s.Ref, schemaPrefix)]
	}
	return s
}
