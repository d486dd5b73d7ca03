package delivery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const (
	// waveSegments bounds the segments whose intents share a transaction.
	waveSegments = 200
	// aliveCheck is how often a node that may have lost its lease looks again.
	aliveCheck = time.Second
)

// dispatcher hands one carrier its segments: no more unanswered than its window,
// no more a second than its rate, single messages first, accounts in turn.
type dispatcher struct {
	CarrierConfig
	d       *Delivery
	id      int64 // carrier_id
	carrier *carrier.SMPP
	log     *slog.Logger
	writing answersUnderWay

	mu        sync.Mutex
	used      int        // window slots: one for each intent until its answer is committed
	waiting   waiting    // messages that still have their row in queue
	ready     []*segment // have their row in pending, want a slot and an intent
	throttled []*segment // hold a slot and a live intent, to be submitted again at quietEnd
	quietEnd  time.Time  // the carrier is left alone until then
	quiet     time.Duration
	pace      pace
	stopping  bool

	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{} // closed: the pump has ended
	idle   chan struct{} // closed: stopping, and no slot is in use
}

func newDispatcher(d *Delivery, c CarrierConfig) *dispatcher {
	dis := &dispatcher{
		CarrierConfig: c, d: d, log: d.Logger.With("carrier", c.Name),
		pace: pace{rate: float64(c.Rate)}, wake: make(chan struct{}, 1), idle: make(chan struct{}),
	}
	c.SMPP.OnReceipt = dis.receipt
	c.SMPP.OnChange = d.carriersChanged
	c.SMPP.Logger = dis.log
	dis.carrier = carrier.NewSMPP(c.SMPP)
	return dis
}

func (dis *dispatcher) start(ctx context.Context) {
	ctx, dis.cancel = context.WithCancel(context.WithoutCancel(ctx))
	dis.done = make(chan struct{})
	dis.carrier.Start(context.WithoutCancel(ctx)) // outlives the pump: stop waits for answers
	go dis.run(ctx)
}

// stop takes no more messages, waits for the answers under way, unbinds.
func (dis *dispatcher) stop(ctx context.Context) error {
	if dis.cancel == nil {
		return nil
	}
	dis.cancel()
	<-dis.done
	for _, s := range dis.shut() {
		dis.d.answered(s, carrier.Answer{Outcome: carrier.NotSent, Reason: "stopping"})
	}
	failpoint.Hit(failpoint.Stopping)
	dis.awaitIdle(ctx)
	err := dis.carrier.Stop(ctx) // after this every submit has had its answer
	dis.awaitIdle(ctx)
	return err
}

func (dis *dispatcher) awaitIdle(ctx context.Context) {
	select {
	case <-dis.idle:
	case <-ctx.Done():
	}
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
	if !dis.d.Node.Alive() {
		return aliveCheck
	}
	w := &wave{on: dis}
	resubmit, again := dis.take(w, now)
	for _, s := range resubmit {
		dis.submit(s)
	}
	if w.size() > 0 {
		dis.d.intend(w)
	}
	return again
}

// take takes what may go now: segments that the carrier had refused for a while,
// then the wave.
func (dis *dispatcher) take(w *wave, now time.Time) (resubmit []*segment, again time.Duration) {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	window := dis.carrier.Window()
	switch quiet := dis.quietEnd.Sub(now); {
	case window == 0:
		return nil, time.Minute // a link that is bound wakes the pump
	case quiet > 0:
		return nil, quiet
	}
	for ; len(dis.throttled) > 0; dis.throttled = dis.throttled[1:] {
		if !dis.pace.take(1, now) {
			return resubmit, dis.pace.wait(1)
		}
		resubmit = append(resubmit, dis.throttled[0])
	}
	if again = dis.takeReady(w, window, now); again == 0 {
		again = dis.takeWaiting(w, window, now)
	}
	return resubmit, again
}

// takeReady takes, with a slot each, segments that wait for another try. It gives
// 0 when none is left.
func (dis *dispatcher) takeReady(w *wave, window int, now time.Time) (again time.Duration) {
	for ; len(dis.ready) > 0; dis.ready = dis.ready[1:] {
		s := dis.ready[0]
		switch {
		case dis.d.expired(s.msg):
			continue
		case w.full():
			return time.Nanosecond
		case dis.used >= window:
			return time.Minute // a slot that is freed wakes the pump
		case !dis.pace.take(1, now):
			return dis.pace.wait(1)
		}
		dis.used++
		s.on = dis
		w.again = append(w.again, s)
	}
	return 0
}

// takeWaiting takes messages in their turn, with a slot for each segment. One of
// more segments than the window begins when all slots are free.
func (dis *dispatcher) takeWaiting(w *wave, window int, now time.Time) (again time.Duration) {
	for queue := dis.waiting.next(); queue != nil; queue = dis.waiting.next() {
		m := queue.peek()
		if v := dis.d.verdict(m); v != Send {
			queue.pop()
			dis.d.setAside(m, v)
			continue
		}
		slots := min(m.SegNum, window)
		switch {
		case dis.d.expired(m):
			queue.pop()
			dis.d.forget(m)
			continue
		case w.full():
			return time.Nanosecond
		case dis.used+slots > window:
			return time.Minute
		case !dis.pace.take(m.SegNum, now):
			return dis.pace.wait(m.SegNum)
		}
		queue.pop()
		dis.used += slots
		w.add(m, slots)
	}
	return time.Minute
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
func (dis *dispatcher) drain() (messages []*message.Message, ready, throttled []*segment) {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	for queue := dis.waiting.next(); queue != nil; queue = dis.waiting.next() {
		messages = append(messages, queue.pop())
	}
	ready, dis.ready = dis.ready, nil
	throttled, dis.throttled = dis.throttled, nil
	return messages, ready, throttled
}

// carriersChanged looks at all routes again: what waits for a carrier whose links
// are gone may go over another.
func (d *Delivery) carriersChanged() {
	for _, dis := range d.dispatchers {
		if dis.carrier.Bound() {
			dis.poke()
			continue
		}
		messages, ready, throttled := dis.drain()
		for _, m := range messages {
			d.assign(m)
		}
		for _, s := range ready {
			d.lineUp(s)
		}
		for _, s := range throttled { // refused, so never taken: their intents end here
			d.answered(s, carrier.Answer{Outcome: carrier.NotSent, Reason: "the links are gone"})
		}
	}
}
