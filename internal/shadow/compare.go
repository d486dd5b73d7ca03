package shadow

import (
	"cmp"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Kind says in what two answers differ.
type Kind string

// The kinds of differences.
const (
	KindStatus  Kind = "status"       // of HTTP
	KindContent Kind = "content type" // and its charset
	KindFormat  Kind = "format"       // json, xml, empty or other
	KindCode    Kind = "code"         // of the envelope (contract §2.1)
	KindMissing Kind = "missing"      // a field that only theirs has
	KindExtra   Kind = "extra"        // a field that only ours has
	KindType    Kind = "type"         // of a field: str, num, bool, null, object, list
	KindValue   Kind = "value"        // of a field, or a list's length; which values is not said
)

// A Difference is one thing in which answers of a method differ. It holds no contents.
type Difference struct {
	Kind   Kind   `json:"kind"`
	Path   string `json:"path,omitempty"` // data.items[].id; an object's key that is no plain name is {}
	Theirs string `json:"theirs,omitempty"`
	Ours   string `json:"ours,omitempty"`
}

// An Answer is a server's answer to a call, its body complete and uncompressed.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

const (
	maxDepth       = 32  // levels that are compared; the contract's answers have six
	maxDifferences = 100 // in one answer; what is beyond is not looked for
)

// Compare tells in what ours differs from theirs: each difference once, however many
// items of a list have it. Where the codes differ the rest is another answer, and is not
// compared. Values count only where values is true.
func Compare(theirs, ours Answer, values bool) []Difference {
	c := comparison{values: values, seen: map[Difference]bool{}}
	c.note(KindStatus, "", strconv.Itoa(theirs.Status), strconv.Itoa(ours.Status))
	c.note(KindContent, "", contentType(theirs.Header), contentType(ours.Header))
	t, o := parse(theirs.Body), parse(ours.Body)
	c.note(KindFormat, "", string(t.format), string(o.format))
	switch {
	case t.format != o.format:
	case t.format == formatOther:
		c.value("", string(theirs.Body), string(ours.Body))
	case c.note(KindCode, "", codeOf(t.root), codeOf(o.root)):
	default:
		c.walk("", 0, t.root, o.root)
	}
	return c.found
}

// comparison gathers differences.
type comparison struct {
	values bool
	found  []Difference
	seen   map[Difference]bool
}

// note adds a difference if there is one, and reports whether there is.
func (c *comparison) note(kind Kind, path, theirs, ours string) bool {
	if theirs == ours {
		return false
	}
	c.add(Difference{Kind: kind, Path: path, Theirs: theirs, Ours: ours})
	return true
}

func (c *comparison) add(d Difference) {
	if !c.seen[d] && len(c.found) < maxDifferences {
		c.seen[d] = true
		c.found = append(c.found, d)
	}
}

// value notes that two contents differ, but not what they are.
func (c *comparison) value(path string, theirs, ours any) {
	if c.values && theirs != ours {
		c.add(Difference{Kind: KindValue, Path: path})
	}
}

// walk compares two trees of the same place.
func (c *comparison) walk(path string, depth int, theirs, ours any) {
	if depth == maxDepth || theirs == blank || ours == blank {
		return
	}
	if c.note(KindType, path, typeOf(theirs), typeOf(ours)) {
		return
	}
	switch t := theirs.(type) {
	case map[string]any:
		c.fields(path, depth, t, ours.(map[string]any))
	case []any:
		c.items(path, depth, t, ours.([]any))
	default:
		c.value(path, theirs, ours)
	}
}

func (c *comparison) fields(path string, depth int, theirs, ours map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if field, ok := ours[name]; ok {
			c.walk(below(path, name), depth+1, theirs[name], field)
		} else {
			c.add(Difference{Kind: KindMissing, Path: below(path, name), Theirs: typeOf(theirs[name])})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		if _, ok := theirs[name]; !ok {
			c.add(Difference{Kind: KindExtra, Path: below(path, name), Ours: typeOf(ours[name])})
		}
	}
}

// items compares as many items as both lists have. That one is longer is a matter of
// contents.
func (c *comparison) items(path string, depth int, theirs, ours []any) {
	path += "[]"
	for i := range min(len(theirs), len(ours)) {
		c.walk(path, depth+1, theirs[i], ours[i])
	}
	c.value(path, len(theirs), len(ours))
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,38}$`) // shorter than any key
	longDigit = regexp.MustCompile(`[0-9]{5}`)
)

// isName tells the name of a field from what a hostile or careless server uses as one:
// a key, a phone number, a text.
func isName(s string) bool { return plainName.MatchString(s) && !longDigit.MatchString(s) }

func below(path, name string) string {
	if !isName(name) {
		name = "{}"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// contentType is a media type in one spelling; what is none is not repeated.
func contentType(h http.Header) string {
	const most = 80
	text := h.Get("Content-Type")
	media, params, err := mime.ParseMediaType(text)
	switch {
	case text == "":
		return "none"
	case err != nil || len(media) > most:
		return "unreadable"
	}
	if charset := strings.ToLower(params["charset"]); isName(charset) {
		media += "; charset=" + charset
	}
	return media
}

var code = regexp.MustCompile(`^[0-9]{1,4}$`)

// codeOf is the code of an envelope, a string or a number; "none" where there is none.
func codeOf(root any) string {
	envelope, _ := root.(map[string]any)
	if text := scalarText(envelope["code"]); code.MatchString(text) {
		return text
	}
	return "none"
}

// less orders differences for a reader: by place, then by kind.
func less(a, b Difference) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Theirs, b.Theirs), cmp.Compare(a.Ours, b.Ours),
	)
}
