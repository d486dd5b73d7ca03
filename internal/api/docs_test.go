package api

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// docsSection is what the page says of a method of the test's module.
func docsSection(t *testing.T, d *Door, method string) string {
	t.Helper()
	w := httptest.NewRecorder()
	d.DocsPage().ServeHTTP(w, httptest.NewRequest("GET", "/docs", nil))
	_, from, found := strings.Cut(w.Body.String(), `data-path="/service/Test/`+method+`"`)
	section, _, ended := strings.Cut(from, "</section>")
	if !found || !ended {
		t.Fatalf("%s is not on the page", method)
	}
	return section
}

// TestWhoTakesNoIdempotencyKeyIsNotSaidTo, by the document and the page, and does not
// judge one.
func TestWhoTakesNoIdempotencyKeyIsNotSaidTo(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Repeats = &shelf{} }, returns("enter", true, Session), returns("write", true, Writes))
	text, err := d.document.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]struct {
			Post struct {
				Writes     bool `json:"x-writes"`
				Parameters []struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]bool{"enter": false, "write": true, "tree": false} {
		post, takes := document.Paths["/service/Test/"+method].Post, false
		for _, p := range post.Parameters {
			takes = takes || p.Ref == sharedPrefix+idempotencyParameter
		}
		if onPage := strings.Contains(docsSection(t, d, method), "Idempotency-Key"); takes != want || onPage != want || post.Writes != (method != "tree") {
			t.Errorf("%s takes a key: %t, on the page %t, want %t; writes: %t", method, takes, onPage, want, post.Writes)
		}
	}
	r := get("enter?apiKey=" + goodKey)
	r.Header.Set("Idempotency-Key", strings.Repeat("k", maxKeep+1))
	expect(t, d, r, CodeOK)
}

func TestThePageAsksForNoKeyWhereNoneIsNeeded(t *testing.T) {
	type must struct {
		Name string `param:"name,required" doc:"Name."`
	}
	enter := Define("enter", "Opens.", func(context.Context, *Call, *must) (any, error) { return true, nil }, Returns[bool]("True."), Public)
	d := newDoor(t, nil, enter)
	if s := docsSection(t, d, "enter"); strings.Contains(s, "apiKey") || !strings.Contains(s, "name=…") {
		t.Errorf("a method that is public: %s", s)
	}
	if s := docsSection(t, d, "tree"); !strings.Contains(s, "apiKey=YOUR_API_KEY") {
		t.Errorf("one that is not: %s", s)
	}
}
