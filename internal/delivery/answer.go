package delivery

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// troubleRetries is how often a refusal that may pass is tried again.
const troubleRetries = 8

// answered takes what became of a submit. Refusals that may pass keep slot and
// intent; everything else is written down, and only that commit frees the slot.
// It runs on a link's goroutine and does not block.
func (d *Delivery) answered(s *segment, a carrier.Answer) {
	failpoint.Hit(failpoint.Answered)
	d.counts.answers.With(s.on.Name, a.Outcome.String()).Inc()
	switch a.Outcome {
	case carrier.Throttled:
		s.on.throttle(s)
		return
	case carrier.Troubled:
		if s.retries++; s.retries <= troubleRetries {
			s.on.throttle(s)
			return
		}
		a.Outcome = carrier.Refused
	case carrier.Accepted:
		s.on.answeredWell()
		s.on.writing.begin(fold(a.Ref))
	}
	if a.Outcome != carrier.Accepted {
		s.on.log.Info("submit", "message", s.msg.ID, "segment", s.num, "attempt", s.attempt, "outcome", a.Outcome, "reason", a.Reason)
	}
	d.record(&event{segment: s, answer: a})
}

// record writes an answer; it does not give up until it is written, because the
// slot and the segment hang on it.
func (d *Delivery) record(e *event) {
	d.write(e, func(err error) {
		if err != nil {
			d.again.Add(err, func() { d.record(e) })
			return
		}
		d.recorded(e)
	})
}

// write hands an event to the completer. done is called once: with nil after the
// commit, else nothing was written. It must not block.
func (d *Delivery) write(e *event, done func(error)) {
	err := d.complete.Go(db.Answers, e, 2, func(err error) {
		if err == nil {
			d.written(e)
		}
		done(err)
	})
	if err != nil {
		done(err)
	}
}

// recorded goes on once an answer is durable.
func (d *Delivery) recorded(e *event) {
	s, a := e.segment, e.answer
	on, again := s.on, false // s is another's once it is in line
	switch a.Outcome {
	case carrier.Accepted:
		if s.msg.SegNum == 1 && a.Ref != "" && !e.over {
			d.answeredAs.add(refKey{on.id, fold(a.Ref)}, s.acceptedRow())
		}
		on.writing.end(fold(a.Ref))
		if _, overtaken := d.overtook.take(refKey{on.id, fold(a.Ref)}); overtaken {
			d.matcher.Wake()
		}
	case carrier.NotSent:
		s.attempt = s.doubt // the intent is taken back
		again = true
	case carrier.NoAnswer:
		s.doubt = s.attempt
		again = on.Doubt == Resend
		d.counts.doubts.With(on.Name, string(on.Doubt)).Inc()
	}
	if again {
		s.retries = 0
		d.lineUp(s)
	}
	on.release(1)
}

// lineUp puts a segment in line at the carrier its route picks now; without a
// route it stays with its own.
func (d *Delivery) lineUp(s *segment) {
	on := d.route(s.msg)
	if on == nil {
		on = s.on
	}
	on.pushReady(s)
}

// segmentAfter is a segment's status once its answer is known; ok is false when
// the answer does not settle it and the segment is disarmed instead.
func segmentAfter(s *segment, a carrier.Answer) (status message.Status, ok bool) {
	switch a.Outcome {
	case carrier.Accepted:
		return message.Accepted, true
	case carrier.Refused:
		return message.Rejected, true
	case carrier.NoAnswer:
		return message.Undelivered, s.on.Doubt == Fail
	}
	return 0, false
}

// disarmed is what becomes of a segment whose intent ended without an answer.
type disarmed struct {
	segmentKey
	armed   int64 // the attempt that ended
	attempt int64 // those that may have reached the carrier
	epoch   int64 // who sends it again; 0 = nobody, a receipt may still settle it
}

func disarm(s *segment, a carrier.Answer, epoch int64) disarmed {
	row := disarmed{segmentKey{s.msg.ID, s.num}, s.attempt, s.attempt, epoch}
	switch {
	case a.Outcome == carrier.NotSent:
		row.attempt = s.doubt
	case s.on.Doubt == Wait:
		row.epoch = 0
	}
	return row
}
