package link

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// clickTally is clicks as they are written: links in order, by their minutes, and
// recipients' codes in order.
type clickTally struct {
	links []linkCount
	codes []codeCount
}

type (
	linkCount struct {
		minuteOf
		count
	}
	codeCount struct {
		code string
		count
	}
)

func (t clickTally) len() int { return len(t.links) + len(t.codes) }

// sorted puts counts in order: what lies together in the database is written together.
func (c counts) sorted() clickTally {
	t := clickTally{make([]linkCount, 0, len(c.links)), make([]codeCount, 0, len(c.codes))}
	for key, n := range c.links {
		t.links = append(t.links, linkCount{key, n})
	}
	slices.SortFunc(t.links, func(a, b linkCount) int {
		return cmp.Or(cmp.Compare(a.link, b.link), cmp.Compare(a.minute, b.minute))
	})
	for _, code := range slices.Sorted(maps.Keys(c.codes)) {
		t.codes = append(t.codes, codeCount{code, c.codes[code]})
	}
	return t
}

// addAll adds what a tally holds.
func (c counts) addAll(t clickTally) {
	for _, l := range t.links {
		c.addLink(l.minuteOf, l.count)
	}
	for _, p := range t.codes {
		c.addCode(p.code, p.count)
	}
}

// cut takes the first of a tally, so many at most.
func (t *clickTally) cut(most int) clickTally {
	links := min(most, len(t.links))
	codes := min(most-links, len(t.codes))
	first := clickTally{t.links[:links], t.codes[:codes]}
	t.links, t.codes = t.links[links:], t.codes[codes:]
	return first
}

var errTally = errors.New("not a tally of clicks")

// encode gives the stored form: the number of links, then of each how much larger its id
// is than the one before, its minute, clicks and redirects; then of each code its length,
// itself, clicks and redirects. Numbers are varints (encoding/binary).
func (t clickTally) encode() []byte {
	body := binary.AppendUvarint(nil, uint64(len(t.links)))
	var before int64
	for _, l := range t.links {
		body = binary.AppendVarint(body, l.link-before)
		body = l.count.encode(binary.AppendVarint(body, l.minute))
		before = l.link
	}
	for _, p := range t.codes {
		body = binary.AppendUvarint(body, uint64(len(p.code)))
		body = p.count.encode(append(body, p.code...))
	}
	return body
}

func (n count) encode(body []byte) []byte {
	return binary.AppendVarint(binary.AppendVarint(body, n.clicks), n.redirects)
}

// decodeTally is the inverse of encode.
func decodeTally(body []byte) (t clickTally, err error) {
	r := tallyReader{body: body}
	var l linkCount
	for n := r.length(); n > 0 && !r.bad; n-- {
		l.link += r.number()
		l.minute = r.number()
		l.count = count{r.number(), r.number()}
		t.links = append(t.links, l)
	}
	for len(r.body) > 0 && !r.bad {
		code := r.text()
		t.codes = append(t.codes, codeCount{code, count{r.number(), r.number()}})
	}
	if r.bad {
		return clickTally{}, errTally
	}
	return t, nil
}

// tallyReader reads until something is bad; from then on it gives zeros.
type tallyReader struct {
	body []byte
	bad  bool
}

func (r *tallyReader) number() int64 {
	n, size := binary.Varint(r.body)
	r.skip(size)
	return n
}

func (r *tallyReader) length() uint64 {
	n, size := binary.Uvarint(r.body)
	r.skip(size)
	return n
}

// skip goes on behind what was read; a size that is not positive says that nothing was.
func (r *tallyReader) skip(size int) {
	if r.bad = r.bad || size <= 0; r.bad {
		r.body = nil
		return
	}
	r.body = r.body[size:]
}

func (r *tallyReader) text() string {
	n := r.length()
	if r.bad = r.bad || n > uint64(len(r.body)); r.bad {
		return ""
	}
	text := string(r.body[:n])
	r.body = r.body[n:]
	return text
}
