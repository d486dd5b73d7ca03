package delivery

import (
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
)

const (
	// A carrier that throttles is left alone for this long, doubling up to the
	// longest while it goes on throttling.
	throttleFirst   = 100 * time.Millisecond
	throttleLongest = 5 * time.Second
	// notSentRest is for how long a carrier is left alone that could not be given
	// a segment, so that a link which comes and goes does not keep the disk busy.
	notSentRest = 50 * time.Millisecond
)

// reserve takes slots for a message that is being accepted, if it may go at once.
func (dis *dispatcher) reserve(segments int) bool {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	now := time.Now()
	if dis.stopping || dis.waiting.len()+len(dis.ready)+len(dis.throttled) > 0 || now.Before(dis.quietEnd) ||
		dis.used+segments > dis.carrier.Window() || !dis.pace.take(segments, now) {
		return false
	}
	dis.used += segments
	return true
}

// inherit takes a slot for a dead process's live intent, be the window full or
// not: nothing new is sent until so many have been settled.
func (dis *dispatcher) inherit() bool {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	if dis.stopping {
		return false
	}
	dis.used++
	return true
}

// release frees slots, after the commit of their answers.
func (dis *dispatcher) release(n int) {
	dis.mu.Lock()
	dis.used -= n
	if dis.stopping && dis.used == 0 && n > 0 {
		close(dis.idle)
	}
	dis.mu.Unlock()
	dis.poke()
}

// shut lets no more slots be taken and gives the segments that wait for another
// submit.
func (dis *dispatcher) shut() (throttled []*segment) {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	if dis.stopping {
		return nil
	}
	dis.stopping = true
	if dis.used == 0 {
		close(dis.idle)
	}
	throttled, dis.throttled = dis.throttled, nil
	return throttled
}

// submit hands a segment whose intent is durable to the carrier. It must not be
// called with mu held: the answer may come before it returns.
func (dis *dispatcher) submit(s *segment) {
	reason := ""
	switch {
	case !dis.d.Node.Alive():
		reason = "this node may have been given up for dead"
	case dis.d.expired(s.msg):
		reason = "its validity ended"
	default:
		dis.carrier.Submit(s.wire(dis.d.DB.Now()), func(a carrier.Answer) {
			if a.Outcome == carrier.NotSent {
				dis.rest()
			}
			dis.d.answered(s, a)
		})
		return
	}
	dis.d.answered(s, carrier.Answer{Outcome: carrier.NotSent, Reason: reason})
}

// throttle keeps a segment that the carrier refused for now, with its slot and
// its intent, and leaves the whole carrier alone for a while: no failure.
func (dis *dispatcher) throttle(s *segment) {
	dis.mu.Lock()
	if dis.stopping {
		dis.mu.Unlock()
		dis.d.answered(s, carrier.Answer{Outcome: carrier.NotSent, Reason: "stopping"})
		return
	}
	if now := time.Now(); now.After(dis.quietEnd) {
		dis.quiet = min(max(2*dis.quiet, throttleFirst), throttleLongest)
		dis.quietEnd = now.Add(dis.quiet)
	}
	dis.throttled = append(dis.throttled, s)
	dis.mu.Unlock()
	dis.poke()
}

// rest leaves the carrier alone for a moment.
func (dis *dispatcher) rest() {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	if end := time.Now().Add(notSentRest); end.After(dis.quietEnd) {
		dis.quietEnd = end
	}
}

// answeredWell ends the doubling: the carrier takes messages again.
func (dis *dispatcher) answeredWell() {
	dis.mu.Lock()
	dis.quiet = 0
	dis.mu.Unlock()
}
