package delivery

import "sync"

// recent remembers which receipts ended a segment lately, so that one that comes
// twice is not kept as if it fitted none. It holds two generations.
type recent struct {
	mu       sync.Mutex
	now, old map[receiptKey]struct{}
}

// receiptKey is what two reports on one segment have in common. Carriers use
// their ids again, but hardly for the same recipient.
type receiptKey struct {
	refKey
	recipient string
}

func (r *receipt) key() receiptKey {
	return receiptKey{refKey{r.on.id, r.refs[0]}, digits(r.Recipient)}
}

const recentGeneration = 50_000

func (r *recent) has(key receiptKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, now := r.now[key]
	_, old := r.old[key]
	return now || old
}

func (r *recent) add(key receiptKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || len(r.now) >= recentGeneration {
		r.now, r.old = make(map[receiptKey]struct{}), r.now
	}
	r.now[key] = struct{}{}
}
