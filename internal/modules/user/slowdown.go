package user

import (
	"net/netip"
	"sync"
	"time"
)

const (
	maxGuessers = 10_000           // remembered at a time
	forgetAfter = 15 * time.Minute // without a failure
)

// A slowdown makes whoever fails too often wait, each time twice as long. It is
// charged before the outcome is known, so that guesses at once count all.
type slowdown[K comparable] struct {
	free    int           // failures without a wait
	longest time.Duration // wait

	mu       sync.Mutex
	guessers map[K]guesser
}

type guesser struct {
	failures    int
	last, until time.Time
}

func newSlowdown[K comparable](free int, longest time.Duration) *slowdown[K] {
	return &slowdown[K]{free: free, longest: longest, guessers: map[K]guesser{}}
}

// wait is how long who has to wait before the next try; 0: it may try.
func (s *slowdown[K]) wait(who K, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.guessers[who].until.Sub(now))
}

// failed counts a failure.
func (s *slowdown[K]) failed(who K, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guessers[who]
	if now.Sub(g.last) > forgetAfter {
		g.failures = 0
	}
	g.failures, g.last, g.until = g.failures+1, now, now
	if over := g.failures - s.free; over > 0 {
		g.until = now.Add(min(s.longest, time.Second<<min(over-1, 20)))
	}
	delete(s.guessers, who) // so that put counts it as one
	put(s.guessers, who, g, maxGuessers)
}

// succeeded forgets the failures of who.
func (s *slowdown[K]) succeeded(who K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.guessers, who)
}

// neighbourhood is whom an address stands for: itself, or in IPv6 the /64 that one
// customer is given.
func neighbourhood(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() {
		return ip
	}
	return netip.PrefixFrom(ip, 64).Masked().Addr()
}
