package delivery

import (
	"slices"
	"sync"
)

// answersUnderWay are the ids of accepted segments whose answers are not committed
// yet. A receipt that another writer's transaction could not place waits here for
// that commit.
type answersUnderWay struct {
	mu   sync.Mutex
	refs map[string]*underWay // by folded id
}

type underWay struct {
	answers int
	then    []func()
}

func (u *answersUnderWay) begin(ref string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.refs == nil {
		u.refs = map[string]*underWay{}
	}
	if u.refs[ref] == nil {
		u.refs[ref] = &underWay{}
	}
	u.refs[ref].answers++
}

// any tells whether an answer with one of the ids is under way.
func (u *answersUnderWay) any(refs []string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(refs, func(ref string) bool { return u.refs[ref] != nil })
}

// after calls then once the answer with one of the ids is committed, at once when
// none is under way.
func (u *answersUnderWay) after(refs []string, then func()) {
	u.mu.Lock()
	for _, ref := range refs {
		if w := u.refs[ref]; w != nil {
			w.then = append(w.then, then)
			u.mu.Unlock()
			return
		}
	}
	u.mu.Unlock()
	then()
}

func (u *answersUnderWay) end(ref string) {
	u.mu.Lock()
	w := u.refs[ref]
	var then []func()
	if w.answers--; w.answers == 0 {
		delete(u.refs, ref)
		then = w.then
	}
	u.mu.Unlock()
	for _, f := range then {
		f()
	}
}
