package user

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// shared reads a value for many callers at once. Whoever asks while a read is under way
// waits for the next one, with all others who do: so a caller gets what was there when it
// asked, or later, and there is one read at a time for a key, however many ask.
type shared[K comparable, V any] struct {
	read func(ctx context.Context, key K) (V, error)

	mu      sync.Mutex
	waiting map[K]*turn[V] // not begun: who asks now joins
	running map[K]*turn[V]
}

// turn is a read that callers share.
type turn[V any] struct {
	flight[V]
	before *turn[V] // nil: it may begin
}

func newShared[K comparable, V any](read func(context.Context, K) (V, error)) *shared[K, V] {
	return &shared[K, V]{read: read, waiting: map[K]*turn[V]{}, running: map[K]*turn[V]{}}
}

// get reads the value of key.
func (s *shared[K, V]) get(ctx context.Context, key K) (value V, err error) {
	t, mine := s.join(key)
	if mine {
		// Others wait for this read too: it must not end with this caller.
		s.take(context.WithoutCancel(ctx), key, t)
	}
	select {
	case <-t.done:
		return t.value, t.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

// join returns the key's next turn, which is the caller's to take if there was none.
func (s *shared[K, V]) join(key K) (t *turn[V], mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.waiting[key]; t != nil {
		return t, false
	}
	t = &turn[V]{flight[V]{done: make(chan struct{})}, s.running[key]}
	s.waiting[key] = t
	return t, true
}

// take reads once it is the turn's time. Those who are about to ask are let ahead: they
// share it, too.
func (s *shared[K, V]) take(ctx context.Context, key K, t *turn[V]) {
	if t.before != nil {
		<-t.before.done
		t.before = nil
	}
	runtime.Gosched()
	s.mu.Lock()
	delete(s.waiting, key)
	s.running[key] = t
	s.mu.Unlock()
	t.err = errors.New("the read panicked") // what others see if it does
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, key) // the next turn waits for this one: it is ours still
		close(t.done)
	}()
	t.value, t.err = s.read(ctx, key)
}
