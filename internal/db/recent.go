package db

import (
	"container/list"
	"sync"
)

// Recent keeps the values last used, up to a weight of all together. What it gives
// is shared and must not be changed. It is safe for concurrent use.
type Recent[K comparable, V any] struct {
	most  int
	weigh func(V) int

	mu    sync.Mutex
	sum   int
	kept  map[K]*list.Element
	order list.List // of kept[K, V], the latest first
}

type kept[K comparable, V any] struct {
	key   K
	value V
}

// NewRecent keeps what together weighs most, and the value last put in any case.
func NewRecent[K comparable, V any](most int, weigh func(V) int) *Recent[K, V] {
	return &Recent[K, V]{most: most, weigh: weigh, kept: map[K]*list.Element{}}
}

// Get gives the value last put under a key, if it is still kept.
func (r *Recent[K, V]) Get(key K) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.kept[key]
	if !ok {
		return value, false
	}
	r.order.MoveToFront(at)
	return at.Value.(kept[K, V]).value, true
}

// Put keeps a value in place of the key's last one.
func (r *Recent[K, V]) Put(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.kept[key]; ok {
		r.drop(at)
	}
	r.kept[key] = r.order.PushFront(kept[K, V]{key, value})
	for r.sum += r.weigh(value); r.sum > r.most && r.order.Len() > 1; {
		r.drop(r.order.Back())
	}
}

func (r *Recent[K, V]) drop(at *list.Element) {
	old := r.order.Remove(at).(kept[K, V])
	r.sum -= r.weigh(old.value)
	delete(r.kept, old.key)
}
