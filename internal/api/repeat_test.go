package api

import (
	"context"
	"net/http"
	"sync"
	"testing"
)

// shelf keeps answers in memory. Methods of the tests put them there themselves, as those
// of modules do in their transactions.
type shelf struct {
	mu   sync.Mutex
	kept map[string]*Kept
}

func (s *shelf) Find(_ context.Context, r *Repeat) (*Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.kept[r.Key]; ok {
		return k, nil
	}
	return nil, ErrNotKept
}

// keep is what a method does at the end of its effect.
func (s *shelf) keep(c *Call, result any) error {
	if c.Repeat == nil {
		return nil
	}
	k, err := c.Keep(result)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string]*Kept{}
	}
	s.kept[c.Repeat.Key] = k
	return err
}

// shelved makes a door that keeps answers, with one method more: it answers what result
// says, and that is kept.
func shelved[P any](t *testing.T, result func(*P) any, opts ...Option) *Door {
	s := &shelf{}
	return newDoor(t, func(c *Config) { c.Repeats = s }, Define("write", "Writes.", func(_ context.Context, c *Call, p *P) (any, error) {
		answer := result(p)
		return answer, s.keep(c, answer)
	}, append(opts, Returns[any]("The value."), Writes)...))
}

// keyed is a call of the method with a key.
func keyed(key, query, media, body string) *http.Request {
	r := post("write?apiKey="+goodKey+"&"+query, media, body)
	r.Header.Set("Idempotency-Key", key)
	return r
}

// TestWhoFindsNothingToDoSinceItsCopyHasDoneItGetsTheCopysAnswer: of two copies at once of
// a mass operation the slower one comes to an element that is done.
func TestWhoFindsNothingToDoSinceItsCopyHasDoneItGetsTheCopysAnswer(t *testing.T) {
	for name, opts := range map[string][]Option{"at once": {Atomic}, "in steps": {Writes}} {
		s := &shelf{}
		faster := true // the copy is, but for the first call
		d := newDoor(t, func(c *Config) { c.Repeats = s }, Define("write", "Writes.", func(_ context.Context, c *Call, _ *nothing) (any, error) {
			if !faster {
				return NothingDone([]int{1}), nil
			}
			return NothingDone([]int{1}), s.keep(c, []int{0})
		}, append(opts, Returns[any]("The value."))...))
		got := expect(t, d, keyed("a", "", formType, ""), CodeOK)
		if string(got.Data) != "[0]" || got.http.Header().Get("Idempotent-Replay") != "1" {
			t.Errorf("%s: %s, header %v", name, got.Data, got.http.Header())
		}
		faster = false
		got = expect(t, d, keyed("b", "", formType, ""), CodeNothingDone)
		if string(got.Data) != "[1]" || got.http.Header().Get("Idempotent-Replay") != "" {
			t.Errorf("%s, nothing done by any: %s, header %v", name, got.Data, got.http.Header())
		}
	}
}
