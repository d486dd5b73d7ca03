package delivery

import "sync"

// recent remembers a bounded number of things: at least the last so many, at most
// twice that.
type recent[K comparable, V any] struct {
	generation int

	mu       sync.Mutex
	now, old map[K]V
}

func (r *recent[K, V]) add(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || len(r.now) >= r.generation {
		r.now, r.old = make(map[K]V), r.now
	}
	r.now[key] = value
}

func (r *recent[K, V]) has(key K) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, now := r.now[key]
	_, old := r.old[key]
	return now || old
}

// take gives what is remembered and forgets it.
func (r *recent[K, V]) take(key K) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if value, ok = r.now[key]; ok {
		delete(r.now, key)
		return value, true
	}
	value, ok = r.old[key]
	delete(r.old, key)
	return value, ok
}

const (
	// endedLately is for receipts that come twice: the second must not be kept as
	// if it fitted none.
	endedLately = 50_000
	// answeredLately is for receipts that come soon: they need not ask the database
	// which segment they are about.
	answeredLately = 20_000
	// overtookLately is for receipts that came before their responses: these have them
	// matched at once.
	overtookLately = 10_000
)

// receiptKey is what two reports on one segment have in common. Carriers use
// their ids again, but hardly for the same recipient.
type receiptKey struct {
	refKey
	recipient string
}

func (r *receipt) key() receiptKey {
	return receiptKey{refKey{r.on.id, r.refs[0]}, digits(r.Recipient)}
}
