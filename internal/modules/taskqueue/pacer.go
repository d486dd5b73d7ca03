package taskqueue

import (
	"sync"
	"time"
)

// A pacer lets each id pass once in a period. It holds no more ids than have passed in
// the last two.
type pacer struct {
	every time.Duration

	mu     sync.Mutex
	passed map[int64]time.Time
	swept  time.Time
}

func newPacer(every time.Duration) pacer { return pacer{every: every, passed: map[int64]time.Time{}} }

// take returns 0 when the id may pass, or how long it has to wait. Who has to wait has
// not passed.
func (p *pacer) take(id int64, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	if last, known := p.passed[id]; known && p.blocks(last, now) {
		return last.Add(p.every).Sub(now)
	}
	p.passed[id] = now
	return 0
}

// blocks tells whether who passed then has to wait. A clock that was put back holds
// nobody up.
func (p *pacer) blocks(last, now time.Time) bool {
	since := now.Sub(last)
	return 0 <= since && since < p.every
}

func (p *pacer) sweep(now time.Time) {
	if p.blocks(p.swept, now) {
		return
	}
	p.swept = now
	for id, last := range p.passed {
		if !p.blocks(last, now) {
			delete(p.passed, id)
		}
	}
}
