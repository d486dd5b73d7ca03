package numberstoplist

import (
	"hash/maphash"
	"sync/atomic"
)

// set is a set of numbers in 11 to 32 bytes for each: a table of slots, each number in
// the first free one from where its hash points. One goroutine at a time changes it while
// any number of others ask, who hold no lock.
type set struct {
	seed  maphash.Seed
	slots atomic.Pointer[[]atomic.Int64] // as many as a power of two
	used  int                            // slots that are not free
	live  int                            // numbers
}

// What is in a slot that has no number.
const (
	free int64 = 0
	gone int64 = -1 // a number was there: look further
)

const fewestSlots = 8

func newSet() *set {
	s := &set{seed: maphash.MakeSeed()}
	s.slots.Store(new(make([]atomic.Int64, fewestSlots)))
	return s
}

func (s *set) has(n int64) bool {
	slots := *s.slots.Load()
	for i := s.first(slots, n); ; i = next(slots, i) {
		switch slots[i].Load() {
		case n:
			return true
		case free: // there always is one
			return false
		}
	}
}

func (s *set) first(slots []atomic.Int64, n int64) int {
	return int(maphash.Comparable(s.seed, n)) & (len(slots) - 1)
}

func next(slots []atomic.Int64, i int) int { return (i + 1) & (len(slots) - 1) }

func (s *set) add(n int64) {
	slots := *s.slots.Load()
	if (s.used+1)*4 > len(slots)*3 {
		slots = s.rebuild()
	}
	at := -1
	for i := s.first(slots, n); ; i = next(slots, i) {
		switch found := slots[i].Load(); {
		case found == n:
			return
		case found == gone && at < 0:
			at = i
		case found == free:
			if at < 0 {
				at = i
				s.used++
			}
			slots[at].Store(n)
			s.live++
			return
		}
	}
}

func (s *set) remove(n int64) {
	slots := *s.slots.Load()
	for i := s.first(slots, n); ; i = next(slots, i) {
		switch slots[i].Load() {
		case n:
			slots[i].Store(gone)
			s.live--
			return
		case free:
			return
		}
	}
}

func (s *set) each(see func(n int64)) {
	slots := *s.slots.Load()
	for i := range slots {
		if n := slots[i].Load(); n != free && n != gone {
			see(n)
		}
	}
}

// rebuild makes a table in which there is room again.
func (s *set) rebuild() []atomic.Int64 {
	size := fewestSlots
	for size < 2*s.live {
		size *= 2
	}
	slots := make([]atomic.Int64, size)
	s.each(func(n int64) {
		at := s.first(slots, n)
		for slots[at].Load() != free {
			at = next(slots, at)
		}
		slots[at].Store(n)
	})
	s.used = s.live
	s.slots.Store(&slots)
	return slots
}
