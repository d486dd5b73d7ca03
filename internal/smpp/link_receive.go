package smpp

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// read is the reader. It never waits for a handler; it stops reading, and so holds the peer back, while our side owes
// too many answers or too many wait to be written.
func (l *link) read() {
	r := NewReader(l.conn)
	for l.waitRoom() {
		p, err := r.Read()
		l.heard.Store(true)
		switch {
		case err == nil:
			l.receive(p)
		case !l.object(err):
			l.fail(err)
			return
		}
	}
}

// waitRoom returns true when the next PDU may be read, false when none shall be.
func (l *link) waitRoom() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.full() && l.cause == nil && !l.flushing {
		l.parked = true
		l.room.Wait()
	}
	if l.parked {
		l.parked, l.unparked = false, time.Now()
	}
	return l.cause == nil && !l.flushing
}

func (l *link) full() bool { return l.unanswered >= l.cfg.maxUnanswered || len(l.out) > outLimit }

func (l *link) receive(p PDU) {
	if p.Command().IsResponse() {
		l.answered(p.Head().Sequence, p.Command(), p, nil)
		return
	}
	switch p.(type) {
	case *EnquireLink:
		l.reply(NewResponse(p, StatusOK))
	case *Unbind:
		l.reply(NewResponse(p, StatusOK))
		l.finish(ErrUnbound)
	default:
		l.cfg.handle(p)
	}
}

// answered finishes the request that this is the answer to. Answers to nothing are counted and forgotten.
func (l *link) answered(sequence uint32, command CommandID, resp PDU, err error) {
	l.mu.Lock()
	r, ok := l.waiting[sequence]
	if ok = ok && (command == r.command.Response() || command == CmdGenericNack); ok {
		delete(l.waiting, sequence)
	}
	l.mu.Unlock()
	if !ok {
		l.counters.stray.Add(1)
		return
	}
	l.release(r, resp, err)
}

func (l *link) release(r request, resp PDU, err error) {
	if r.slot {
		<-l.slots
	}
	r.done(resp, err)
}

// object answers what could not be read, and reports whether reading can go on.
func (l *link) object(err error) bool {
	var unknown *CommandError
	var field *FieldError
	var length *LengthError
	switch {
	case errors.As(err, &unknown):
		l.objectTo(unknown.Command, &GenericNack{Header{StatusInvCmdID, unknown.Sequence}})
	case errors.As(err, &field) && field.Command.IsResponse():
		// The peer took the request, as far as one can tell, but what it says of it is unreadable.
		l.answered(field.Sequence, field.Command, nil, noAnswer(err))
	case errors.As(err, &field):
		l.objectTo(field.Command, responseTo(field.Command, field.Sequence, field.Status))
	case errors.As(err, &length):
		l.reply(&GenericNack{Header{Status: StatusInvCmdLen}})
		l.finish(err)
	default:
		return false
	}
	return true
}

// objectTo never answers an answer: two peers that did could go on for ever.
func (l *link) objectTo(command CommandID, objection PDU) {
	if command.IsResponse() {
		l.counters.stray.Add(1)
		return
	}
	l.reply(objection)
}

// responder counts a request of the peer's as unanswered until the function it returns is first called. The answer
// gets the request's sequence number; an answer of the wrong command is a defect of the handler and goes out as
// ESME_RSYSERR.
func (l *link) responder(req PDU) func(resp PDU) {
	l.mu.Lock()
	l.unanswered++
	l.mu.Unlock()
	command, sequence := req.Command(), req.Head().Sequence
	var once atomic.Bool
	return func(resp PDU) {
		if once.Swap(true) {
			return
		}
		if c := resp.Command(); c != command.Response() && c != CmdGenericNack {
			l.cfg.logger.Error("smpp: answer of the wrong command", "request", command, "answer", c)
			resp = responseTo(command, sequence, StatusSysErr)
		}
		resp.Head().Sequence = sequence
		l.mu.Lock()
		defer l.mu.Unlock()
		l.replyLocked(resp)
		l.unanswered--
		l.room.Signal()
	}
}

// keep is the keeper: it finishes requests whose answer is late, and enquires a link that has gone quiet.
func (l *link) keep() {
	tick := min(l.cfg.response, l.cfg.enquire) / 4
	if l.cfg.tick > 0 {
		tick = min(tick, l.cfg.tick)
	}
	ticker := time.NewTicker(min(max(tick, time.Millisecond), time.Second))
	defer ticker.Stop()
	l.lastHeard = time.Now()
	for {
		select {
		case <-l.ended:
			return
		case now := <-ticker.C:
			l.expire(now)
			l.enquire(now)
			if l.cfg.watch != nil {
				l.cfg.watch(now)
			}
		}
	}
}

// expire gives up on late answers. While the reader is parked the answer may be lying unread, so no time passes then.
func (l *link) expire(now time.Time) {
	var late []request
	l.mu.Lock()
	for sequence, r := range l.waiting {
		since := r.started
		if l.unparked.After(since) {
			since = l.unparked
		}
		if !l.parked && now.Sub(since) >= l.cfg.response {
			delete(l.waiting, sequence)
			late = append(late, r)
		}
	}
	l.mu.Unlock()
	for _, r := range late {
		l.counters.expired.Add(1)
		l.release(r, nil, noAnswer(fmt.Errorf("%w: no answer to %s", ErrTimeout, r.command)))
	}
}

// enquire asks a link that has been quiet for long whether it lives (§2.7.1), and ends it when no answer comes.
func (l *link) enquire(now time.Time) {
	l.mu.Lock()
	parked := l.parked
	l.mu.Unlock()
	if l.heard.Swap(false) || parked {
		l.lastHeard = now
		return
	}
	if now.Sub(l.lastHeard) < l.cfg.enquire || l.enquiring.Swap(true) {
		return
	}
	err := l.enqueue(&EnquireLink{}, request{done: func(_ PDU, err error) {
		l.enquiring.Store(false)
		if errors.Is(err, ErrTimeout) {
			l.fail(err)
		}
	}})
	if err != nil {
		l.enquiring.Store(false)
	}
}
