package shadow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Keys says which of our keys stands for which of theirs. The zero value leaves keys as
// they are.
type Keys struct {
	all  string            // stands for every key
	each map[string]string // theirs → ours
}

// ErrNotKey is a word that is no API key (contract §1). It is not repeated.
var ErrNotKey = errors.New("not an API key: 40 or 70 lower-case letters and digits")

// OneKey lets ours stand for every key.
func OneKey(ours string) (Keys, error) {
	if !isKey(ours) {
		return Keys{}, ErrNotKey
	}
	return Keys{all: ours}, nil
}

// ReadKeys reads lines of "theirs ours". Empty lines, and those that begin with #, are
// passed over. Errors name the line and repeat nothing of it.
func ReadKeys(r io.Reader) (Keys, error) {
	k := Keys{each: map[string]string{}}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2 || !isKey(words[0]) || !isKey(words[1]) {
			return Keys{}, fmt.Errorf("line %d: want two words, theirs and ours, each a key: %w", n, ErrNotKey)
		}
		k.each[words[0]] = words[1]
	}
	if err := lines.Err(); err != nil {
		return Keys{}, fmt.Errorf("read keys: %w", err)
	}
	return k, nil
}

// ours is our key for one of theirs; ok is false where there is none.
func (k Keys) ours(theirs string) (key string, ok bool) {
	switch {
	case k.all != "":
		return k.all, true
	case k.each == nil:
		return theirs, true
	}
	key, ok = k.each[theirs]
	return key, ok
}

var (
	keyShape = regexp.MustCompile(`^(?:[a-z0-9]{40}|[a-z0-9]{70})$`)
	// A form's field, JSON's, and a part of a multipart body.
	keyInBody = regexp.MustCompile(`\bapiKey(?:=|"\s*:\s*"|"\r?\n(?:[^\r\n]+\r?\n)*\r?\n)([a-z0-9]+)`)
)

func isKey(s string) bool { return keyShape.MatchString(s) }

// keyOf finds the key of a call where the API looks for it: the header, the query, the
// body. "" where there is none.
func keyOf(h http.Header, query string, body []byte) string {
	if token := bearer(h); token != "" {
		return token
	}
	values, _ := url.ParseQuery(query) // what can't be read is no key
	if key := values.Get("apiKey"); key != "" {
		return key
	}
	if found := keyInBody.FindSubmatch(body); found != nil {
		return string(found[1])
	}
	return ""
}

func bearer(h http.Header) string {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// translate puts our key in the place of theirs. A key is letters and digits, which no
// encoding of a body changes, so it is replaced as it stands; what has another form is not
// looked for in a body. ok is false where theirs has none of ours.
func (k Keys) translate(h http.Header, query string, body []byte) (oursHeader http.Header, oursQuery string, oursBody []byte, ok bool) {
	theirs := keyOf(h, query, body)
	if !isKey(theirs) { // without translation, or without a key, both servers say what they think of it
		return h, query, body, theirs == "" || k.all == "" && k.each == nil
	}
	ours, ok := k.ours(theirs)
	if !ok {
		return nil, "", nil, false
	}
	h = h.Clone()
	if bearer(h) != "" {
		h.Set("Authorization", "Bearer "+ours)
	}
	return h, strings.ReplaceAll(query, theirs, ours), bytes.ReplaceAll(body, []byte(theirs), []byte(ours)), true
}
