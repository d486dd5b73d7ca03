package api

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// shape checks what holds for every tree, however hostile its source: depth and
// number of nodes are bounded, names are unique and found, texts can be stored.
func shape(t *testing.T, tree *Tree, depth int) (nodes int) {
	t.Helper()
	if depth > maxDepth {
		t.Fatalf("%d levels", depth)
	}
	if value, ok := tree.Value(); ok && !storable(value) {
		t.Fatalf("value %q", value)
	}
	for name, node := range tree.All() {
		if tree.Get(name) != node {
			t.Fatalf("%q is there twice, or cannot be found", name)
		}
		nodes += 1 + shape(t, node, depth+1)
	}
	return nodes
}

// encode writes a tree as a form.
func encode(out *strings.Builder, prefix string, tree *Tree) {
	for name, node := range tree.All() {
		key := url.QueryEscape(name)
		if prefix != "" {
			key = prefix + "[" + key + "]"
		}
		if value, ok := node.Value(); ok {
			out.WriteString(key + "=" + url.QueryEscape(value) + "&")
		}
		encode(out, key, node)
	}
}

// FuzzForm: no form makes the decoder panic or leave its bounds, and decoding
// what was decoded gives the same again.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"a=1&b=2", "ids[]=1&ids[]=2", "ids[999999999]=1&ids[]=2", "a[b][c]=1&a=2&a[d]=3", "a[b=1", "a]b=1", "[]=1", "a[]]=1",
		"%", "%zz=%", "+=+&%2B=%2b", "a[[]]=1", "a%5Bb%5D=c", "a[b][c][d][e][f][g][h][i]=1", "\xff=\xfe", "&&&=&=1", "a[01]=1&a[]=2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		d := newDecoder()
		d.form(form)
		if nodes := shape(t, &d.root, 0); nodes > maxDepth*(strings.Count(form, "&")+1) {
			t.Fatalf("%d nodes of %q", nodes, form)
		}
		var first, second strings.Builder
		encode(&first, "", &d.root)
		again := newDecoder()
		again.form(first.String())
		encode(&second, "", &again.root)
		if again.fault != nil || first.String() != second.String() {
			t.Fatalf("%q became %q, then %q (%v)", form, first.String(), second.String(), again.fault)
		}
	})
}

// objects shows a tree with every container as an object.
func objects(t *Tree) any {
	if value, ok := t.Value(); ok {
		return value
	}
	object := map[string]any{}
	for name, node := range t.All() {
		object[name] = objects(node)
	}
	return object
}

// FuzzJSON: no JSON makes the decoder panic or leave its bounds; it takes only
// what encoding/json takes; and decoding what was decoded gives the same.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"b":[1,2,{"c":null}]}`, `{"a":1,"a":null}`, `{"a":{"b":1},"a":{"c":2}}`, `[1]`, `{"a":`, `{"a":1}x`,
		`{"a":[[[[[[[[[1]]]]]]]]]}`, `{"":"","0":true}`, `{"a":"\ud800"}`, `{"a":1e999}`, ` `, "{\"\xff\":1}", `{"a":"\u0000"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := newDecoder()
		if !d.json([]byte(text)) {
			return
		}
		if strings.TrimLeft(text, " \t\r\n") != "" && !json.Valid([]byte(text)) {
			t.Fatalf("%q was taken for JSON", text)
		}
		if nodes := shape(t, &d.root, 0); nodes > maxDepth*len(text) {
			t.Fatalf("%d nodes of %q", nodes, text)
		}
		first, err := json.Marshal(objects(&d.root))
		if err != nil {
			t.Fatal(err)
		}
		again := newDecoder()
		again.json(first)
		if second, err := json.Marshal(objects(&again.root)); err != nil || string(second) != string(first) {
			t.Fatalf("%q became %s, then %s (%v)", text, first, second, err)
		}
	})
}

// FuzzCall: whatever a call holds, query and body of any type together, it is answered by
// a whole envelope with a code that is the caller's doing.
func FuzzCall(f *testing.F) {
	for _, seed := range []struct{ query, media, body string }{
		{"ids=1,2&data[a]=b", formType, "ids[]=3&data[a][b]=c"},
		{"data[0]=x&output=xml", "application/json", `{"data":{"<&>":"\ud800","b c":[null,[]],"имя":"\u0001"}}`},
		{"output=xml&data=%EF%BF%BE", "", ""},
		{"", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data[x]\"; filename=\"\"\r\n\r\n1\r\n--b--"},
		{"api=v1&data[]]=1&data[x", "text/plain", ` {"output":"xml","data":1e999}`},
		{"apiKey[]=1&output[a]=xml", formType, "apiKey=&output=xml&data[a]=1&data=2"},
	} {
		f.Add(seed.query, seed.media, seed.body)
	}
	d := newDoor(f, nil)
	f.Fuzz(func(t *testing.T, query, media, body string) {
		r := post("tree", media, body)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer "+goodKey)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		code := w.Header().Get("X-Api-Code")
		if w.Code != http.StatusOK || code != "0" && code != "6" && code != "12" {
			t.Fatalf("HTTP %d, code %s: %s", w.Code, code, w.Body)
		}
		if got, err := codeOf(w); err != nil || got != code {
			t.Fatalf("code %q, %v in %s", got, err, w.Body)
		}
	})
}

// codeOf reads the whole of an answer in either format.
func codeOf(w *httptest.ResponseRecorder) (string, error) {
	var e struct {
		Code int `json:"code" xml:"code"`
	}
	if w.Header().Get("Content-Type") == "application/json; charset=utf-8" {
		err := json.Unmarshal(w.Body.Bytes(), &e)
		return strconv.Itoa(e.Code), err
	}
	tokens := xml.NewDecoder(w.Body)
	err := tokens.Decode(&e)
	if _, end := tokens.Token(); err == nil && end != io.EOF {
		err = fmt.Errorf("the answer goes on: %v", end)
	}
	return strconv.Itoa(e.Code), err
}
