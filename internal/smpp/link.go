package smpp

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is one connection, the same for both ends. Three goroutines serve it: the reader hands on what comes, the
// writer puts whatever waits into one write, the keeper watches the clock. They end together, through fail, and whoever
// owns the link waits for done. Every request made of it is finished exactly once, before done.
//
// The certainty of ErrNotSent comes from two counters of octets: each request remembers where in the outgoing stream it
// begins, and the writer counts what the network took. A request that begins at or after that mark was never sent.
type link struct {
	conn net.Conn
	cfg  linkConfig

	slots     chan struct{} // one token per unanswered request of the window
	closing   chan struct{} // closed: no new requests
	ended     chan struct{} // closed: the connection is closed, the goroutines are leaving
	done      chan struct{} // closed: they have left and every request is finished
	closeOnce sync.Once

	heard     atomic.Bool // something was read since the keeper last looked
	enquiring atomic.Bool // an enquire_link is unanswered

	mu         sync.Mutex
	work       sync.Cond // for the writer: out is not empty, or flushing, or ended
	room       sync.Cond // for the reader: unanswered or out has shrunk, or ended
	encoder    codec
	out        []byte // encoded, not yet taken by the writer
	queued     uint64 // octets ever put into out
	written    uint64 // octets the network took
	sequence   uint32
	waiting    map[uint32]request
	unanswered int  // the peer's requests that our side still owes an answer
	parked     bool // the reader waits for room
	unparked   time.Time
	refusal    error // why new requests are refused, once closing
	flushing   bool  // end once out is empty
	cause      error // why the link ended

	lastHeard time.Time // keeper's own
	counters  counters
}

type linkConfig struct {
	window        int // our unanswered requests
	maxUnanswered int // the peer's
	response      time.Duration
	enquire       time.Duration
	write         time.Duration
	logger        *slog.Logger
	// handle takes a request of the peer's that the link does not answer by itself. It runs on the reader and must not
	// wait for the network.
	handle func(PDU)
	// watch runs at every tick of the keeper.
	watch func(now time.Time)
	// tick, if shorter than what the other times ask for, is how often the keeper looks.
	tick time.Duration
}

// request is one of ours that waits for its answer.
type request struct {
	command CommandID
	offset  uint64 // where it begins in the outgoing stream
	started time.Time
	slot    bool // it holds one of the window
	done    func(PDU, error)
}

type counters struct {
	stray, expired atomic.Uint64
}

// Stats counts what a session met that should be rare.
type Stats struct {
	Stray   uint64 // answers to nothing: unknown sequence, answered already, or of the wrong command
	Expired uint64 // requests whose answer did not come in time
}

// outLimit is how many octets may wait for the writer before the reader stops: a peer that sends but does not read must
// not fill our memory with its answers. Our own requests are bounded by the window.
const outLimit = 1 << 20

func newLink(conn net.Conn, cfg linkConfig) *link {
	l := &link{
		conn:    conn,
		cfg:     cfg,
		slots:   make(chan struct{}, cfg.window),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
		done:    make(chan struct{}),
		waiting: make(map[uint32]request),
	}
	l.work.L, l.room.L = &l.mu, &l.mu
	return l
}

// run starts the link; onEnd is called after everything else, just before done is closed.
func (l *link) run(onEnd func(cause error)) {
	go func() {
		var parts sync.WaitGroup
		parts.Go(l.read)
		parts.Go(l.write)
		parts.Go(l.keep)
		parts.Wait()
		l.abandon()
		if onEnd != nil {
			onEnd(l.reason())
		}
		close(l.done)
	}()
}

// fail ends the link now. The first cause stays.
func (l *link) fail(cause error) {
	l.mu.Lock()
	first := l.cause == nil
	if first {
		l.cause = cause
		l.refuseLocked(cause)
		close(l.ended)
		l.work.Broadcast()
		l.room.Broadcast()
	}
	l.mu.Unlock()
	if first {
		_ = l.conn.Close()
	}
}

// finish ends the link once what waits has been written; nothing more is read.
func (l *link) finish(cause error) {
	l.mu.Lock()
	l.refuseLocked(cause)
	l.flushing = true
	l.work.Broadcast()
	l.room.Broadcast()
	l.mu.Unlock()
}

// refuse lets no new request in.
func (l *link) refuse(cause error) {
	l.mu.Lock()
	l.refuseLocked(cause)
	l.mu.Unlock()
}

func (l *link) refuseLocked(cause error) {
	if l.refusal == nil {
		l.refusal = cause
		close(l.closing)
	}
}

// reason is why the link ended, or why it is about to.
func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal != nil {
		return l.refusal
	}
	return l.cause
}

// abandon finishes the requests that will never be answered. The writer has left: written is final.
func (l *link) abandon() {
	l.mu.Lock()
	orphans := l.waiting
	l.waiting = nil
	written, cause := l.written, l.refusal
	l.mu.Unlock()
	for _, r := range orphans {
		if r.offset >= written {
			r.done(nil, notSent(cause))
		} else {
			r.done(nil, noAnswer(cause))
		}
	}
}

// unbindGrace is how long a closing session waits for unbind_resp after its context has ended.
const unbindGrace = time.Second

// close ends the session in order: no new requests, the answers to the old ones or the end of ctx, unbind.
func (l *link) close(ctx context.Context, unbind bool) {
	l.closeOnce.Do(func() {
		l.refuse(ErrClosed)
		l.drain(ctx)
		if unbind {
			l.unbind(ctx)
		}
		l.fail(ErrClosed)
	})
	<-l.done
}

// drain fills the window with tokens of its own: when it is full of them, no request is unanswered.
func (l *link) drain(ctx context.Context) {
	for range cap(l.slots) {
		select {
		case l.slots <- struct{}{}:
		case <-l.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (l *link) unbind(ctx context.Context) {
	answered := make(chan struct{})
	if err := l.enqueue(&Unbind{}, request{done: func(PDU, error) { close(answered) }}); err != nil {
		return
	}
	select {
	case <-answered:
		return
	case <-l.ended:
		return
	case <-ctx.Done():
	}
	grace := time.NewTimer(unbindGrace)
	defer grace.Stop()
	select {
	case <-answered:
	case <-l.ended:
	case <-grace.C:
	}
}

func (l *link) stats() Stats {
	return Stats{Stray: l.counters.stray.Load(), Expired: l.counters.expired.Load()}
}
