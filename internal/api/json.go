package api

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"
)

// json reads one JSON object into the tree: nested objects and arrays mean what
// brackets mean, numbers keep their text, true and false are 1 and 0, null is
// an absent name (and an empty place in an array), the last of equal names
// wins. It reports whether body was such an object, within the bounds.
func (d *decoder) json(body []byte) bool {
	if !utf8.Valid(body) {
		// The JSON reader would put U+FFFD in their places.
		d.fail(BadParameter("", "request.notText", nil))
	}
	j := d.jsonReader(body)
	if !j.document() {
		d.fail(BadParameter("", "request.notJSON", nil))
		return false
	}
	return true
}

type jsonReader struct {
	*decoder
	tokens *json.Decoder
}

func (d *decoder) jsonReader(body []byte) jsonReader {
	tokens := json.NewDecoder(bytes.NewReader(body))
	tokens.UseNumber()
	return jsonReader{decoder: d, tokens: tokens}
}

// document reads an object and nothing after it.
func (j *jsonReader) document() bool {
	start, err := j.tokens.Token()
	if err == io.EOF {
		return true
	}
	if err != nil || start != json.Delim('{') || !j.object(&j.root, 1) {
		return false
	}
	_, err = j.tokens.Token()
	return err == io.EOF
}

// object reads members up to the closing brace into t; depth is their level.
func (j *jsonReader) object(t *Tree, depth int) bool {
	for j.tokens.More() {
		name, err := j.tokens.Token()
		if err != nil {
			return false
		}
		text, _ := name.(string)
		if !storable(text) {
			j.fail(BadParameter(shown(text), "value.notUTF8", nil))
		}
		if !j.member(t, text, depth) {
			return false
		}
	}
	t.compact()
	_, err := j.tokens.Token()
	return err == nil
}

func (j *jsonReader) member(t *Tree, name string, depth int) bool {
	token, err := j.tokens.Token()
	if err != nil {
		return false
	}
	if token == nil {
		t.remove(name)
		return j.count()
	}
	return j.value(t.child(name), token, depth)
}

// array reads elements up to the closing bracket into t.
func (j *jsonReader) array(t *Tree, depth int) bool {
	for j.tokens.More() {
		token, err := j.tokens.Token()
		if err != nil {
			return false
		}
		if !j.value(t.appendChild(strconv.Itoa(len(t.nodes))), token, depth) {
			return false
		}
	}
	_, err := j.tokens.Token()
	return err == nil
}

// value reads what token begins into t.
func (j *jsonReader) value(t *Tree, token json.Token, depth int) bool {
	switch token := token.(type) {
	case json.Delim:
		return j.container(t, token, depth+1)
	case string:
		j.set(t, token)
	case json.Number:
		t.setValue(token.String())
	case bool:
		t.setValue("0")
		if token {
			t.setValue("1")
		}
	default:
		t.setValue("")
	}
	return j.count()
}

func (j *jsonReader) container(t *Tree, start json.Delim, depth int) bool {
	t.clear(kindContainer)
	if !j.tokens.More() && !j.count() {
		return false
	}
	if depth > maxDepth && j.tokens.More() {
		j.past = true
		j.fail(BadParameter("", "request.tooDeep", Args{"Max": maxDepth}))
		return false
	}
	if start == '{' {
		return j.object(t, depth)
	}
	return j.array(t, depth)
}

// peekJSON reads the reserved parameters of an object that is cut short, or past a bound.
func (d *decoder) peekJSON(body []byte) {
	j := d.jsonReader(body)
	defer d.root.compact()
	if start, err := j.tokens.Token(); err != nil || start != json.Delim('{') {
		return
	}
	for j.tokens.More() {
		name, err := j.tokens.Token()
		if err != nil {
			return
		}
		if text, _ := name.(string); !j.peekMember(text) {
			return
		}
	}
}

// peekMember reads the value of a reserved name as member does, but for what is in a
// container, and past that of any other.
func (j *jsonReader) peekMember(name string) bool {
	token, err := j.tokens.Token()
	if err != nil {
		return false
	}
	_, container := token.(json.Delim)
	switch {
	case !isReserved(name):
	case token == nil:
		j.root.remove(name)
	case container:
		j.root.child(name).clear(kindContainer)
	default:
		j.value(j.root.child(name), token, 1)
	}
	return !container || j.skip()
}

// skip reads to the end of a container that has begun, without keeping it.
func (j *jsonReader) skip() bool {
	for depth := 1; depth > 0; {
		token, err := j.tokens.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return true
}
