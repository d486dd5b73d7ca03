package user

import (
	"net/netip"
	"sync"
	"time"
)

const (
	maxStrangers = 10_000           // remembered at a time
	forgetAfter  = 15 * time.Minute // without a failure
)

// A slowdown makes addresses that fail too often wait, each time twice as long. It is in
// memory, and of this node alone: it is for the database's sake.
type slowdown struct {
	free    int           // failures without a wait
	longest time.Duration // wait

	mu        sync.Mutex
	strangers map[netip.Addr]stranger
}

type stranger struct {
	failures    int
	last, until time.Time
}

func newSlowdown(free int, longest time.Duration) *slowdown {
	return &slowdown{free: free, longest: longest, strangers: map[netip.Addr]stranger{}}
}

// wait is how long who has to wait before the next try; 0: it may try.
func (s *slowdown) wait(who netip.Addr, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.strangers[who].until.Sub(now))
}

// failed counts a failure.
func (s *slowdown) failed(who netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.strangers[who]
	if now.Sub(g.last) > forgetAfter {
		g.failures = 0
	}
	g.failures, g.last = g.failures+1, now
	g.until = now.Add(waitAfter(g.failures-s.free, s.longest))
	delete(s.strangers, who) // so that put counts it as one
	put(s.strangers, who, g, maxStrangers)
}

// waitAfter is how long who failed so often beyond what is free has to wait.
func waitAfter(over int, longest time.Duration) time.Duration {
	if over <= 0 {
		return 0
	}
	return min(longest, time.Second<<min(over-1, 20))
}
