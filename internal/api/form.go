package api

import (
	"strings"
	"unicode/utf8"
)

// A decoder builds a tree from a query, a form, the parts of a multipart body
// or a JSON object, within the bounds of contract §1.
//
// A pair that is not acceptable is left out and its fault kept: reading goes
// on, so that the key and the output format are found even in a request that
// will be refused.
type decoder struct {
	root  Tree
	keys  int32  // values seen, to be held against maxKeys
	past  bool   // a bound is passed: only reserved names are looked for any more
	fault *Error // the first thing wrong, nil while all is well
}

func newDecoder() decoder {
	return decoder{root: Tree{kind: kindContainer}}
}

func (d *decoder) fail(e *Error) {
	if d.fault == nil {
		d.fault = e
	}
}

// form reads name=value pairs between &s. A percent sign that begins no escape
// stands for itself, as clients that forget to encode "100%" expect.
func (d *decoder) form(s string) {
	if d.root.nodes == nil && s != "" {
		d.root.nodes = make([]Tree, 0, min(strings.Count(s, "&")+1, indexFrom))
	}
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, "&")
		if pair == "" || d.past && !beginsReserved(pair) {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if t := d.place(unescape(name)); t != nil {
			d.set(t, unescape(value))
		}
	}
}

// set gives a node its text.
func (d *decoder) set(t *Tree, value string) {
	if !storable(value) {
		d.fail(BadParameter(t.key, "value.notUTF8", nil))
		value = ""
	}
	t.setValue(value)
}

// place finds or makes the node that a bracket key means. It returns nil for a
// key past a bound. Reserved names do not count: there are three.
func (d *decoder) place(name string) *Tree {
	if !isReserved(name) && !d.count() {
		return nil
	}
	if !storable(name) {
		d.fail(BadParameter(shown(strings.ToValidUTF8(name, "\uFFFD")), "value.notUTF8", nil))
		return nil
	}
	root, brackets, ok := strings.Cut(name, "[")
	if !ok || root == "" || !wellFormed(brackets) {
		return d.root.child(name)
	}
	// Each ] ends one level, and the root is a level of its own.
	if 1+strings.Count(brackets, "]") > maxDepth {
		d.fail(BadParameter("", "request.tooDeep", Args{"Max": maxDepth}))
		return nil
	}
	t := d.root.child(root)
	for brackets != "" {
		var segment string
		segment, brackets, _ = strings.Cut(brackets, "]")
		brackets = strings.TrimPrefix(brackets, "[")
		if segment == "" {
			t = t.appendItem()
		} else {
			t = t.child(segment)
		}
	}
	return t
}

// count counts a value and reports whether it is within bounds.
func (d *decoder) count() bool {
	d.keys++
	if d.keys <= maxKeys {
		return true
	}
	if !d.past {
		d.past = true
		d.fail(BadParameter("", "request.tooManyKeys", Args{"Max": maxKeys}))
	}
	return false
}

// wellFormed reports whether what follows a key's first [ is "a][b][c]": names
// without brackets, each closed. The segment "" is [].
func wellFormed(brackets string) bool {
	for {
		end := strings.IndexAny(brackets, "[]")
		if end < 0 || brackets[end] == '[' {
			return false
		}
		rest := brackets[end+1:]
		if rest == "" {
			return true
		}
		if rest[0] != '[' {
			return false
		}
		brackets = rest[1:]
	}
}

// storable reports whether s is valid UTF-8 without NUL, which no text of the
// API means and which PostgreSQL cannot hold.
func storable(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// unescape decodes %XX and +. It copies only what it has to change.
func unescape(s string) string {
	i := strings.IndexAny(s, "%+")
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexAny(s, "%+") {
		b.WriteString(s[:i])
		octet, size := unescapeAt(s[i:])
		b.WriteByte(octet)
		s = s[i+size:]
	}
	b.WriteString(s)
	return b.String()
}

// unescapeAt decodes the escape that s begins with, and its length.
func unescapeAt(s string) (octet byte, size int) {
	if s[0] == '+' {
		return ' ', 1
	}
	if len(s) >= 3 {
		high, low := unhex(s[1]), unhex(s[2])
		if high < 16 && low < 16 {
			return high<<4 | low, 3
		}
	}
	return '%', 1
}

// unhex returns a hex digit's value, or 16.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
