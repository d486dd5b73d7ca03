package delivery

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// answered takes what became of a submit. Refusals that may pass keep slot and
// intent; everything else is written down, and only that commit frees the slot.
// It runs on a link's goroutine and does not block.
func (d *Delivery) answered(s *segment, a carrier.Answer) {
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
	}
	if a.Outcome != carrier.Accepted {
		s.on.log.Info("submit", "message", s.msg.ID, "segment", s.num, "attempt", s.attempt, "outcome", a.Outcome, "reason", a.Reason)
	}
	d.record(&event{segment: s, answer: a})
}

// record writes an answer; it does not give up until it is written, because the
// slot and the segment hang on it.
func (d *Delivery) record(e *event) {
	s := e.segment
	retry := func(err error) {
		s.on.log.Error("an answer could not be written, will try again", "message", s.msg.ID, "error", err)
		d.again.add(func() { d.record(e) })
	}
	err := d.complete.Go(db.Answers, e, 2, func(err error) {
		if err != nil {
			retry(err)
			return
		}
		d.counts.ended(e)
		d.recorded(s, e.answer)
	})
	if err != nil {
		retry(err)
	}
}

// recorded goes on once an answer is durable.
func (d *Delivery) recorded(s *segment, a carrier.Answer) {
	again := false
	switch a.Outcome {
	case carrier.NotSent:
		s.attempt = s.doubt // the intent is taken back
		again = true
	case carrier.NoAnswer:
		s.doubt = s.attempt
		again = s.on.Doubt == Resend
		d.counts.doubts.With(s.on.Name, string(s.on.Doubt)).Inc()
	}
	s.retries = 0
	on := s.on
	if again {
		if dis := d.route(s.msg); dis != nil {
			dis.pushReady(s)
		} else {
			on.pushReady(s)
		}
	}
	on.release(1)
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

// disarmed is the row of a segment whose intent ended without an answer.
type disarmed struct {
	segmentKey
	attempt int64
	epoch   int64 // who sends it again; 0 = nobody, a receipt may still settle it
}

func disarm(s *segment, a carrier.Answer, epoch int64) disarmed {
	row := disarmed{segmentKey{s.msg.ID, s.num}, s.attempt, epoch}
	switch {
	case a.Outcome == carrier.NotSent:
		row.attempt = s.doubt
	case s.on.Doubt == Wait:
		row.epoch = 0
	}
	return row
}
