package api

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// sweepEvery is how often idle buckets are looked for.
const sweepEvery = time.Minute

// maxStrangers is how many buckets of addresses there are at a time. One more takes the
// place of any: who has so many addresses has as many times the limit in any case.
const maxStrangers = 100_000

// A throttle counts the calls of every account by class. A limit is one for all nodes, and
// each of them lets its share of it pass: the shares' rates add up to the limit however
// small it is, their bursts to no more than its calls, or one call for each node. Its zero
// value is ready.
type throttle struct {
	nodes func() int // among which limits are shared out; nil = one

	mu        sync.Mutex
	buckets   map[bucketKey]*bucket // of accounts
	strangers map[bucketKey]*bucket // of addresses
	swept     time.Time
}

// A bucket is this node's share of a limit.
type bucket struct {
	*rate.Limiter
	nodes int // among which it was shared out when it was used last
}

// share is one node's part of a limit: calls per second, and at once.
func (l Limit) share(nodes int) (rate.Limit, int) {
	perSecond := float64(l.Calls) / l.Period.Seconds()
	return rate.Limit(perSecond / float64(nodes)), max(1, l.Calls/nodes)
}

// shareAmong makes the bucket one of so many. What it holds stays, up to its new burst, so
// that nodes that come and go give nobody a call.
func (b *bucket) shareAmong(nodes int, limit Limit, now time.Time) {
	perSecond, burst := limit.share(nodes)
	b.SetLimitAt(now, perSecond)
	b.SetBurstAt(now, burst)
	b.nodes = nodes
}

// A bucketKey is whose calls are counted together: an account's, or where none
// is known, an address's.
type bucketKey struct {
	class   string
	account int64
	ip      netip.Addr
}

// take counts one call. It returns 0, or how long to wait before the next.
func (t *throttle) take(key bucketKey, limit Limit, now time.Time) time.Duration {
	if limit.Calls == 0 {
		return 0
	}
	nodes := 1
	if t.nodes != nil {
		nodes = t.nodes()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	buckets := t.buckets
	if key.ip.IsValid() {
		buckets = t.strangers
	}
	b := buckets[key]
	switch {
	case b == nil:
		t.makeRoom()
		b = &bucket{rate.NewLimiter(limit.share(nodes)), nodes}
		buckets[key] = b
	case b.nodes != nodes:
		b.shareAmong(nodes, limit, now)
	}
	reservation := b.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// makeRoom forgets some address where there are too many.
func (t *throttle) makeRoom() {
	for key := range t.strangers {
		if len(t.strangers) < maxStrangers {
			return
		}
		delete(t.strangers, key)
	}
}

// sweep forgets buckets that are full again: a new one would be no different.
func (t *throttle) sweep(now time.Time) {
	if t.buckets == nil {
		t.buckets, t.strangers = map[bucketKey]*bucket{}, map[bucketKey]*bucket{}
		t.swept = now
	}
	if now.Sub(t.swept).Abs() < sweepEvery {
		return
	}
	t.swept = now
	full := func(_ bucketKey, b *bucket) bool { return b.TokensAt(now) >= float64(b.Burst()) }
	maps.DeleteFunc(t.buckets, full)
	maps.DeleteFunc(t.strangers, full)
}
