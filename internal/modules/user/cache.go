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

	mu         sync.RWMutex
	values     map[K]remembered[V]
	generation uint64 // of values that count; those of older ones are to be loaded again
	unknown    map[K]struct{}
	flights    map[K]*flight[V] // replaced by outdate: a load under way then is not kept
}

type remembered[V any] struct {
	value      V
	generation uint64
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

func newCache[K comparable, V any](max, maxUnknown int, load func(context.Context, K) (V, error)) *cache[K, V] {
	c := &cache[K, V]{load: load, max: max, maxUnknown: maxUnknown, values: map[K]remembered[V]{}}
	c.outdate()
	return c
}

// outdate has everything loaded again when it is next asked for. What is loaded by a call
// that began before is given to its callers and not remembered, since it may be what has
// just changed.
func (c *cache[K, V]) outdate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.unknown, c.flights = map[K]struct{}{}, map[K]*flight[V]{}
}

// peek returns the value of key if it is in memory and counts.
func (c *cache[K, V]) peek(key K) (value V, known bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, there := c.values[key]
	return r.value, there && r.generation == c.generation
}

// existed tells whether key had a value when it was looked for last.
func (c *cache[K, V]) existed(key K) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, there := c.values[key]
	return there
}

// get returns the value of key, or db.ErrNotFound, or why it could not be loaded.
func (c *cache[K, V]) get(ctx context.Context, key K) (value V, err error) {
	value, known := c.peek(key)
	if known {
		return value, nil
	}
	f, mine, unknown := c.join(key)
	switch {
	case unknown:
		return value, db.ErrNotFound
	case mine:
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
// caller's to make; none where it is known that there is nothing to load.
func (c *cache[K, V]) join(key K) (f *flight[V], mine, unknown bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, unknown := c.unknown[key]; unknown {
		return nil, false, true
	}
	if f := c.flights[key]; f != nil {
		return f, false, false
	}
	f = &flight[V]{done: make(chan struct{})}
	c.flights[key] = f
	return f, true, false
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
		return // outdated meanwhile
	}
	delete(c.flights, key)
	switch {
	case f.err == nil:
		delete(c.values, key) // so that put counts it as one
		put(c.values, key, remembered[V]{f.value, c.generation}, c.max)
	case errors.Is(f.err, db.ErrNotFound):
		delete(c.values, key)
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
