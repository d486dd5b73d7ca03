package api

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// sweepEvery is how often idle buckets are looked for.
const sweepEvery = time.Minute

// A throttle counts the calls of every account by class. Its zero value is
// ready.
type throttle struct {
	mu      sync.Mutex
	buckets map[bucketKey]*rate.Limiter
	swept   time.Time
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
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	bucket := t.buckets[key]
	if bucket == nil {
		perSecond := float64(limit.Calls) / limit.Period.Seconds()
		bucket = rate.NewLimiter(rate.Limit(perSecond), limit.Calls)
		t.buckets[key] = bucket
	}
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// sweep forgets buckets that are full again: a new one would be no different.
func (t *throttle) sweep(now time.Time) {
	if t.buckets == nil {
		t.buckets = map[bucketKey]*rate.Limiter{}
		t.swept = now
	}
	if now.Sub(t.swept).Abs() < sweepEvery {
		return
	}
	t.swept = now
	for key, bucket := range t.buckets {
		if bucket.TokensAt(now) >= float64(bucket.Burst()) {
			delete(t.buckets, key)
		}
	}
}
