package shadow

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
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

var keyShape = regexp.MustCompile(`^(?:[a-z0-9]{40}|[a-z0-9]{70})$`)

func isKey(s string) bool { return keyShape.MatchString(s) }

// translate puts our keys in the place of theirs, and changes nothing else. ok is false
// where theirs would pass to ours: one of them stands for none of ours, has not the form
// of a key, or is written in an encoding, in which it can't be found and replaced. It is
// false as well where a cookie says who calls, since ours gets no cookies.
func (k Keys) translate(h http.Header, query string, body []byte) (oursHeader http.Header, oursQuery string, oursBody []byte, ok bool) {
	theirs, _ := keysOf(h, query, body) // a body that can't be read is told of below
	switch {
	case len(theirs) == 0 && h.Get("Cookie") != "":
		return nil, "", nil, false
	case k.all == "" && k.each == nil: // both servers say what they think of them
		return h, query, body, true
	}
	ours, pairs := make([]string, len(theirs)), make([]string, 0, 2*len(theirs))
	for i, key := range theirs {
		if ours[i], ok = k.ours(key); !ok || !isKey(key) {
			return nil, "", nil, false
		}
		pairs = append(pairs, key, ours[i])
	}
	put := strings.NewReplacer(pairs...)
	h, query, body = h.Clone(), put.Replace(query), []byte(put.Replace(string(body)))
	if token := bearer(h); token != "" {
		h.Set("Authorization", "Bearer "+put.Replace(token))
	}
	now, err := keysOf(h, query, body)
	return h, query, body, err == nil && slices.Equal(now, ours)
}
