package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Linked is a text with web addresses in it, each of which something shorter can be put
// in the place of.
type Linked struct {
	text      string
	addresses []span
}

// span is a piece of a text, in bytes.
type span struct{ from, to int }

// ParseLinks finds the addresses of a text: what begins with http://, https:// or www.
// and goes on to the next character that no address has, such as a space or a quotation
// mark. Punctuation at its end belongs to the sentence, and so does a closing bracket
// that was opened before the address. Braces belong to it: in a template they are a
// placeholder's. Whether there can be such an address is not asked.
func ParseLinks(s string) Linked {
	l := Linked{text: s}
	for at := 0; at < len(s); {
		if n := prefix(s, at); n > 0 {
			to := at + n + len(body(s[at+n:]))
			l.addresses = append(l.addresses, span{at, to})
			at = to
			continue
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return l
}

// Addresses lists the addresses in order of appearance, as they are written.
func (l Linked) Addresses() []string {
	all := make([]string, len(l.addresses))
	for i, a := range l.addresses {
		all[i] = l.text[a.from:a.to]
	}
	return all
}

// String is the text as it was given.
func (l Linked) String() string { return l.text }

// Fill gives the text with something else in the place of each address, by its place
// among them.
func (l Linked) Fill(with func(i int) string) string {
	n := len(l.addresses)
	if n == 0 {
		return l.text
	}
	return l.text[:l.addresses[0].from] + l.Middle(with) + l.text[l.addresses[n-1].to:]
}

// Middle is the piece of the filled text from the first address to the last; "" where
// there is none.
func (l Linked) Middle(with func(i int) string) string {
	var filled strings.Builder
	for i, a := range l.addresses {
		if i > 0 {
			filled.WriteString(l.text[l.addresses[i-1].to:a.from])
		}
		filled.WriteString(with(i))
	}
	return filled.String()
}

// prefix is the length of what an address begins with, if one begins at a place of the
// text. A scheme may follow a letter of another script, but none that makes it another
// scheme; and what stands before www. must not make it a part of a name.
func prefix(s string, at int) int {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	for _, p := range []struct {
		text   string
		joined func(rune) bool
	}{{"http://", inScheme}, {"https://", inScheme}, {"www.", inHost}} {
		n := len(p.text)
		if len(s)-at > n && strings.EqualFold(s[at:at+n], p.text) && begins(s[at+n:]) && (at == 0 || !p.joined(before)) {
			return n
		}
	}
	return 0
}

func inScheme(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+-.", r))
}

func inHost(r rune) bool { return inName(r) || strings.ContainsRune("./@:", r) }

// begins tells whether a host, or a placeholder for one, may begin a text.
func begins(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '[' || r == '{'
}

// body is the beginning of a text as far as an address goes on in it.
func body(s string) string {
	if end := strings.IndexFunc(s, endsAddress); end >= 0 {
		s = s[:end]
	}
	var open [3]int // of each kind of brackets, those that are not closed
	for _, r := range s {
		if kind, by := bracket(r); by != 0 {
			open[kind] += by
		}
	}
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		kind, by := bracket(r)
		surplus := by < 0 && open[kind] < 0
		if !surplus && !strings.ContainsRune(sentence, r) {
			break
		}
		open[kind] -= by
		s = s[:len(s)-size]
	}
	return s
}

// bracket tells brackets by their kind: by is 1 for one that opens, -1 for one that
// closes, 0 for what is none.
func bracket(r rune) (kind, by int) {
	i := strings.IndexRune("()[]{}", r)
	if i < 0 {
		return 0, 0
	}
	return i / 2, 1 - i%2*2
}

// sentence are the characters that end a sentence, or a part of one, and not an address.
const sentence = ".,;:!?'…。，、；：！？"

// endsAddress tells characters that no address has: RFC 3986, and RFC 3987 for those
// of other scripts.
func endsAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Pi, unicode.Pf) || strings.ContainsRune("\"<>\\^`|„", r) || r == utf8.RuneError
}
