package delivery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const (
	// waveSegments bounds the segments whose intents share a transaction.
	waveSegments = 200
	// A carrier that throttles is left alone for this long, doubling up to the
	// longest while it goes on throttling.
	throttleFirst   = 100 * time.Millisecond
	throttleLongest = 5 * time.Second
	// troubleRetries is how often a refusal that may pass is tried again.
	troubleRetries = 8
	// waveRetry is the wait after intents could not be written.
	waveRetry = time.Second
)

// dispatcher hands one carrier its segments: no more unanswered than its window,
// no more a second than its rate, single messages first, accounts in turn.
type dispatcher struct {
	CarrierConfig
	d       *Delivery
	id      int64 // carrier_id
	carrier *carrier.SMPP
	log     *slog.Logger

	mu        sync.Mutex
	free      int        // window slots
	waiting   waiting    // messages that still have their row in queue
	ready     []*segment // have their row in pending, want a slot and an intent
	throttled []*segment // hold a slot and a live intent, to be submitted again at quietEnd
	quietEnd  time.Time  // the carrier is left alone until then
	quiet     time.Duration
	pace      pace
	stopping  bool

	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
	open   sync.WaitGroup // slots in use
}

func newDispatcher(d *Delivery, c CarrierConfig) *dispatcher {
	dis := &dispatcher{
		CarrierConfig: c, d: d, log: d.Logger.With("carrier", c.Name),
		pace: pace{rate: float64(c.Rate)}, wake: make(chan struct{}, 1),
	}
	c.SMPP.OnReceipt = dis.receipt
	c.SMPP.OnChange = d.carriersChanged
	c.SMPP.Logger = dis.log
	dis.carrier = carrier.NewSMPP(c.SMPP)
	dis.free = dis.carrier.Capacity()
	return dis
}

func (dis *dispatcher) start(ctx context.Context) error {
	if err := dis.carrier.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	pumping, cancel := context.WithCancel(context.Background())
	dis.cancel, dis.done = cancel, make(chan struct{})
	go dis.run(pumping)
	return nil
}

// stop takes no more messages, waits for the answers under way, unbinds.
func (dis *dispatcher) stop(ctx context.Context) error {
	if dis.cancel == nil {
		return nil
	}
	dis.mu.Lock()
	dis.stopping = true
	quiet := dis.throttled
	dis.throttled = nil
	dis.mu.Unlock()
	dis.cancel()
	<-dis.done
	for _, s := range quiet { // refused, so never taken: their intents end here
		dis.d.answered(s, carrier.Answer{Outcome: carrier.NotSent, Reason: "stopping"})
	}
	answered := make(chan struct{})
	go func() { dis.open.Wait(); close(answered) }()
	select {
	case <-answered:
	case <-ctx.Done():
	}
	err := dis.carrier.Stop(ctx) // after this every submit has had its answer
	select {
	case <-answered:
	case <-ctx.Done():
	}
	return err
}

// run is the pump: woken by new messages, free slots and changes of the links.
func (dis *dispatcher) run(ctx context.Context) {
	defer close(dis.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(dis.pump(time.Now()))
		select {
		case <-ctx.Done():
			return
		case <-dis.wake:
		case <-timer.C:
		}
	}
}

func (dis *dispatcher) poke() {
	select {
	case dis.wake <- struct{}{}:
	default:
	}
}

// pump sends what may go now and tells when to look again at the latest.
func (dis *dispatcher) pump(now time.Time) (again time.Duration) {
	dis.mu.Lock()
	wait, w := dis.quietEnd.Sub(now), &wave{on: dis}
	var resubmit []*segment
	switch {
	case dis.stopping || !dis.carrier.Bound():
		wait = time.Minute
	case wait > 0:
	default:
		resubmit, dis.throttled = dis.throttled, nil
		wait = dis.gather(w, now)
	}
	dis.mu.Unlock()
	for _, s := range resubmit {
		dis.submit(s)
	}
	if w.size() > 0 {
		dis.d.intend(w)
	}
	if w.full() {
		return 0
	}
	return wait
}

// gather takes, with a slot for each segment, what the wave has room for: first
// segments that wait for another try, then messages in their turn.
func (dis *dispatcher) gather(w *wave, now time.Time) (wait time.Duration) {
	for len(dis.ready) > 0 && dis.free > 0 && !w.full() {
		s := dis.ready[0]
		if dis.d.expired(s.msg) {
			dis.ready = dis.ready[1:]
			continue
		}
		if !dis.pace.take(1, now) {
			return dis.pace.wait(1)
		}
		dis.ready = dis.ready[1:]
		dis.occupy(1)
		s.on = dis
		w.again = append(w.again, s)
	}
	for !w.full() && len(dis.ready) == 0 {
		queue := dis.waiting.next()
		if queue == nil {
			break
		}
		m := queue.peek()
		if dis.d.expired(m) {
			queue.pop()
			dis.d.held.Add(-1)
			continue
		}
		slots := min(m.SegNum, dis.carrier.Capacity()) // a long message begins when all slots are free
		if dis.free < slots {
			break
		}
		if !dis.pace.take(m.SegNum, now) {
			return dis.pace.wait(m.SegNum)
		}
		queue.pop()
		dis.occupy(slots)
		w.add(m, slots)
	}
	return time.Minute
}

func (dis *dispatcher) occupy(n int) {
	dis.free -= n
	dis.open.Add(n)
}

// release frees slots, after the commit of their answers.
func (dis *dispatcher) release(n int) {
	dis.mu.Lock()
	dis.free += n
	dis.mu.Unlock()
	for range n {
		dis.open.Done()
	}
	dis.poke()
}

// reserve takes slots for a message that is being accepted, if it may go at once.
func (dis *dispatcher) reserve(segments int) bool {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	now := time.Now()
	if dis.stopping || dis.free < segments || dis.waiting.len() > 0 || len(dis.ready) > 0 || len(dis.throttled) > 0 ||
		now.Before(dis.quietEnd) || !dis.carrier.Bound() || !dis.pace.take(segments, now) {
		return false
	}
	dis.occupy(segments)
	return true
}

// push puts a message that this process holds in line.
func (dis *dispatcher) push(m *message.Message) {
	dis.mu.Lock()
	dis.waiting.of(m).push(m)
	dis.mu.Unlock()
	dis.poke()
}

// pushReady puts a segment that has its row in pending in line for another try.
func (dis *dispatcher) pushReady(segments ...*segment) {
	dis.mu.Lock()
	dis.ready = append(dis.ready, segments...)
	dis.mu.Unlock()
	dis.poke()
}

// drain takes everything in line away, for another carrier.
func (dis *dispatcher) drain() (messages []*message.Message, segments []*segment) {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	for queue := dis.waiting.next(); queue != nil; queue = dis.waiting.next() {
		messages = append(messages, queue.pop())
	}
	segments, dis.ready = dis.ready, nil
	return messages, segments
}

// submit hands a segment whose intent is durable to the carrier. It must not be
// called with mu held: the answer may come before it returns.
func (dis *dispatcher) submit(s *segment) {
	if !dis.d.Node.Alive() {
		dis.d.answered(s, carrier.Answer{Outcome: carrier.NotSent, Reason: "this node may have been given up for dead"})
		return
	}
	dis.carrier.Submit(s.wire(dis.d.DB.Now()), func(a carrier.Answer) { dis.d.answered(s, a) })
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

// answeredWell ends the doubling: the carrier takes messages again.
func (dis *dispatcher) answeredWell() {
	dis.mu.Lock()
	dis.quiet = 0
	dis.mu.Unlock()
}

// carriersChanged looks at all routes again: what waits for a carrier whose links
// are gone may go over another.
func (d *Delivery) carriersChanged() {
	for _, dis := range d.dispatchers {
		if dis.carrier.Bound() {
			dis.poke()
			continue
		}
		messages, segments := dis.drain()
		for _, m := range messages {
			d.route(m).push(m)
		}
		for _, s := range segments {
			d.route(s.msg).pushReady(s)
		}
	}
}
