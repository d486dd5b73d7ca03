package smsc

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// schedule runs functions later, all on one goroutine with one timer.
type schedule struct {
	mu    sync.Mutex
	queue dueQueue
	wake  chan struct{}
}

type due struct {
	at  time.Time
	seq uint64 // what is due at the same instant runs in the order it was asked for
	fn  func()
}

func newSchedule() *schedule { return &schedule{wake: make(chan struct{}, 1)} }

// after runs fn once d has passed, or at once, in the caller's goroutine, if d is zero.
func (s *schedule) after(d time.Duration, fn func()) {
	if d <= 0 {
		fn()
		return
	}
	s.mu.Lock()
	s.queue.seq++
	heap.Push(&s.queue, due{time.Now().Add(d), s.queue.seq, fn})
	earliest := s.queue.items[0].seq == s.queue.seq
	s.mu.Unlock()
	if !earliest {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run serves the schedule until ctx ends; what is not due by then never runs.
func (s *schedule) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.wake:
		}
		timer.Reset(s.runDue())
	}
}

// idle is how long to sleep with nothing to do; a wake comes earlier.
const idle = time.Hour

// runDue runs what is due and returns the time until the next.
func (s *schedule) runDue() time.Duration {
	for {
		s.mu.Lock()
		if len(s.queue.items) == 0 {
			s.mu.Unlock()
			return idle
		}
		if wait := time.Until(s.queue.items[0].at); wait > 0 {
			s.mu.Unlock()
			return wait
		}
		next := heap.Pop(&s.queue).(due)
		s.mu.Unlock()
		next.fn()
	}
}

// dueQueue is a heap.Interface, the earliest first.
type dueQueue struct {
	items []due
	seq   uint64
}

func (q *dueQueue) Len() int      { return len(q.items) }
func (q *dueQueue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *dueQueue) Push(x any)    { q.items = append(q.items, x.(due)) }

func (q *dueQueue) Less(i, j int) bool {
	a, b := &q.items[i], &q.items[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.seq < b.seq
}

func (q *dueQueue) Pop() any {
	last := len(q.items) - 1
	d := q.items[last]
	q.items[last] = due{}
	q.items = q.items[:last]
	return d
}
