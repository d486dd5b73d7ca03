package api

import (
	"encoding/json"
	"net/url"
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
