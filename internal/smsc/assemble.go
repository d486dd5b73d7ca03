package smsc

import (
	"bytes"
	"container/list"
	"sync"
	"time"
)

const (
	assemblyLimit = 10_000 // messages of which some segments have arrived
	assemblyAge   = time.Hour
)

// assembler puts messages together from their segments, in whatever order they come. Of a segment that comes twice the
// first one counts.
type assembler struct {
	mu    sync.Mutex
	open  map[assemblyKey]*list.Element
	byAge *list.List // of *assembly, oldest first
}

type assemblyKey struct {
	from, to   string
	ref, parts int
}

type assembly struct {
	key     assemblyKey
	began   time.Time
	parts   [][]byte
	missing int
}

func newAssembler() *assembler {
	return &assembler{open: make(map[assemblyKey]*list.Element), byAge: list.New()}
}

// add takes a segment that has arrived and returns the whole user data when it was the last one missing.
func (a *assembler) add(from, to string, s segment, now time.Time) (whole []byte, ok bool) {
	if s.parts == 1 {
		return s.data, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(now)
	key := assemblyKey{from, to, s.ref, s.parts}
	e := a.open[key]
	if e == nil {
		e = a.byAge.PushBack(&assembly{key: key, began: now, parts: make([][]byte, s.parts), missing: s.parts})
		a.open[key] = e
	}
	m := e.Value.(*assembly)
	if m.parts[s.part-1] == nil {
		m.parts[s.part-1] = append([]byte{}, s.data...) // not nil, even if empty
		m.missing--
	}
	if m.missing > 0 {
		return nil, false
	}
	a.remove(e)
	return bytes.Join(m.parts, nil), true
}

func (a *assembler) expire(now time.Time) {
	for e := a.byAge.Front(); e != nil; e = a.byAge.Front() {
		if a.byAge.Len() < assemblyLimit && now.Sub(e.Value.(*assembly).began) < assemblyAge {
			return
		}
		a.remove(e)
	}
}

func (a *assembler) remove(e *list.Element) {
	delete(a.open, e.Value.(*assembly).key)
	a.byAge.Remove(e)
}
