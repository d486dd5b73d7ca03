package smpp

import (
	"context"
	"time"
)

// maxSequence is the highest sequence number (§5.1.4).
const maxSequence = 0x7FFFFFFF

// send starts a request and returns; done gets its answer or its error, exactly once.
func (l *link) send(p PDU, done func(PDU, error)) {
	select {
	case l.slots <- struct{}{}:
	default:
		done(nil, notSent(l.fullOrClosed()))
		return
	}
	if err := l.enqueue(p, request{slot: true, done: done}); err != nil {
		<-l.slots
		done(nil, notSent(err))
	}
}

func (l *link) fullOrClosed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal != nil {
		return l.refusal
	}
	return ErrWindowFull
}

type answer struct {
	resp PDU
	err  error
}

// do sends a request, waiting for room in the window, and waits for its answer.
func (l *link) do(ctx context.Context, p PDU) (PDU, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closing:
		return nil, notSent(l.reason())
	case <-ctx.Done():
		return nil, notSent(ctx.Err())
	}
	answered := make(chan answer, 1)
	err := l.enqueue(p, request{slot: true, done: func(resp PDU, err error) { answered <- answer{resp, err} }})
	if err != nil {
		<-l.slots
		return nil, notSent(err)
	}
	select {
	case a := <-answered:
		return a.resp, a.err
	case <-ctx.Done():
		return nil, noAnswer(ctx.Err()) // perhaps still in our buffer, but it will go out
	}
}

// enqueue numbers and encodes a request for the writer. Unbind alone passes a closing link.
func (l *link) enqueue(p PDU, r request) error {
	r.command, r.started = p.Command(), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil || l.flushing || l.refusal != nil && r.command != CmdUnbind {
		return l.refusal
	}
	sequence := l.nextSequence()
	p.Head().Sequence = sequence
	r.offset = l.queued
	if err := l.put(p); err != nil {
		return err
	}
	l.waiting[sequence] = r
	return nil
}

// post queues a PDU that has no answer.
func (l *link) post(p PDU) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal != nil {
		return notSent(l.refusal)
	}
	p.Head().Sequence = l.nextSequence()
	if err := l.put(p); err != nil {
		return notSent(err)
	}
	return nil
}

// nextSequence skips the numbers of requests that are still unanswered a whole round later.
func (l *link) nextSequence() uint32 {
	for {
		l.sequence = l.sequence%maxSequence + 1
		if _, taken := l.waiting[l.sequence]; !taken {
			return l.sequence
		}
	}
}

// put encodes p at the end of out and wakes the writer; mu is held.
func (l *link) put(p PDU) error {
	before := len(l.out)
	out, err := l.encoder.encode(l.out, p)
	l.out = out
	if err != nil {
		return err
	}
	l.queued += uint64(len(out) - before)
	l.work.Signal()
	return nil
}

// reply queues an answer to the peer. One that cannot be encoded becomes the same answer with ESME_RSYSERR and no
// body: the peer must not be left waiting.
func (l *link) reply(p PDU) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replyLocked(p)
}

func (l *link) replyLocked(p PDU) {
	if l.cause != nil {
		return
	}
	err := l.put(p)
	if err == nil {
		return
	}
	l.cfg.logger.Error("smpp: answer cannot be encoded", "error", err)
	_ = l.put(responseTo(p.Command()&^responseBit, p.Head().Sequence, StatusSysErr)) // has no body that could fail
}

// write is the writer: everything that has gathered goes out in one write, while the next batch gathers.
func (l *link) write() {
	var batch []byte
	for {
		var ok bool
		if batch, ok = l.take(batch); !ok {
			l.fail(l.reason())
			return
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(l.cfg.write))
		n, err := l.conn.Write(batch)
		l.wrote(n)
		if err != nil {
			l.fail(err)
			return
		}
	}
}

// keepBuffer is the largest buffer kept for reuse.
const keepBuffer = 256 << 10

// take swaps the writer's empty buffer for the full one, waiting until there is one. Not ok: the link has ended, or
// was only to be flushed.
func (l *link) take(empty []byte) (batch []byte, ok bool) {
	if cap(empty) > keepBuffer {
		empty = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.out) == 0 && !l.flushing && l.cause == nil {
		l.work.Wait()
	}
	if l.cause != nil || len(l.out) == 0 {
		return nil, false
	}
	batch, l.out = l.out, empty[:0]
	l.room.Signal()
	return batch, true
}

func (l *link) wrote(n int) {
	l.mu.Lock()
	l.written += uint64(n)
	l.mu.Unlock()
}
