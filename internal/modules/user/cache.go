package user

import (
	"context"
	"errors"
	"sync"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// cache remembers what load found, and in a small part of its own what does not
// exist, so that strangers cannot push out what is in use. Callers that miss the
// same key at once share one load.
type cache[K comparable, V any] struct {
	load            func(ctx context.Context, key K) (V, error)
	max, maxUnknown int

	mu      sync.RWMutex
	values  map[K]V
	unknown map[K]struct{}
	flights map[K]*flight[V] // replaced by clear: a load under way then is not kept
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

func newCache[K comparable, V any](max, maxUnknown int, load func(context.Context, K) (V, error)) *cache[K, V] {
	c := &cache[K, V]{load: load, max: max, maxUnknown: maxUnknown}
	c.clear()
	return c
}

// clear forgets everything. What is loaded by a call that began before is given
// to its callers and not remembered, since it may be what has just changed.
func (c *cache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values, c.unknown, c.flights = map[K]V{}, map[K]struct{}{}, map[K]*flight[V]{}
}

// peek returns the value of key if it is in memory.
func (c *cache[K, V]) peek(key K) (value V, known bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	value, known = c.values[key]
	return value, known
}

// get returns the value of key, or db.ErrNotFound, or why it could not be loaded.
func (c *cache[K, V]) get(ctx context.Context, key K) (value V, err error) {
	c.mu.RLock()
	value, known := c.values[key]
	_, unknown := c.unknown[key]
	c.mu.RUnlock()
	switch {
	case known:
		return value, nil
	case unknown:
		return value, db.ErrNotFound
	}
	f, mine := c.join(key)
	if mine {
		// Others wait for this load too: it must not end with this caller.
		c.land(context.WithoutCancel(ctx), key, f)
	}
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

// join returns the load of key that is under way, or a new one that is the
// caller's to make.
func (c *cache[K, V]) join(key K) (f *flight[V], mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[key]; f != nil {
		return f, false
	}
	f = &flight[V]{done: make(chan struct{})}
	c.flights[key] = f
	return f, true
}

func (c *cache[K, V]) land(ctx context.Context, key K, f *flight[V]) {
	f.err = errors.New("the load panicked") // what others see if it does
	defer func() {
		c.keep(key, f)
		close(f.done)
	}()
	f.value, f.err = c.load(ctx, key)
}

func (c *cache[K, V]) keep(key K, f *flight[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flights[key] != f {
		return // cleared meanwhile
	}
	delete(c.flights, key)
	switch {
	case f.err == nil:
		put(c.values, key, f.value, c.max)
	case errors.Is(f.err, db.ErrNotFound):
		put(c.unknown, key, struct{}{}, c.maxUnknown)
	}
}

// put adds to a bounded map; a full one gives up any of its entries.
func put[K comparable, V any](values map[K]V, key K, value V, max int) {
	if max == 0 {
		return
	}
	for old := range values {
		if len(values) < max {
			break
		}
		delete(values, old)
	}
	values[key] = value
}
