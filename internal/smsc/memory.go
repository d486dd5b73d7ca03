package smsc

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	memoryLimit = 100_000
	memoryAge   = 10 * time.Minute
)

// memory remembers keys for a while: at least memoryAge, at most twice that, and never more than two generations of
// memoryLimit. Forgetting early only means that a segment is throttled or cut once more.
type memory struct {
	seed maphash.Seed

	mu      sync.Mutex
	since   time.Time
	current map[uint64]struct{}
	old     map[uint64]struct{}
}

func newMemory() *memory {
	return &memory{seed: maphash.MakeSeed(), current: make(map[uint64]struct{})}
}

// key stands for a segment of a message. The concatenation's reference is left out: a segment sent again may have a new
// one.
func (m *memory) key(source, destination string, s segment) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(source)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(destination)
	_, _ = h.Write([]byte{0, byte(s.part), byte(s.parts)})
	_, _ = h.Write(s.data)
	return h.Sum64()
}

// first reports whether the key is new, and remembers it; the second time it is forgotten, so that the next message of
// the same words is a first one again.
func (m *memory) first(key uint64, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.since) > memoryAge || len(m.current) >= memoryLimit {
		m.old, m.current, m.since = m.current, make(map[uint64]struct{}), now
	}
	_, inCurrent := m.current[key]
	_, inOld := m.old[key]
	if inCurrent || inOld {
		delete(m.current, key)
		delete(m.old, key)
		return false
	}
	m.current[key] = struct{}{}
	return true
}
