package delivery

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// plan is how an accepted message goes on, decided before its commit and carried
// out after it.
type plan struct {
	on       *dispatcher
	segments []*segment // with slots and intents: may go to the wire at once
	held     bool       // queued, and held in memory by this process
	queued   bool       // queued, for whoever claims it
}

// Plan decides how each message goes on and writes that in the accepting
// transaction: with a window slot free, the intents of its segments, one write
// less than queueing; else a row in queue. A message that waits for a moderator
// has neither.
func (d *Delivery) Plan(tx *db.Tx, batch []*message.Outgoing) error {
	var direct []*segment
	var queued []*message.Outgoing
	for _, o := range batch {
		if o.Slot == nil {
			p, err := d.plan(o.Message)
			if err != nil {
				return err
			}
			o.Slot = p
		}
		switch p := o.Slot.(*plan); {
		case p.segments != nil:
			for _, s := range p.segments {
				s.attempt, s.startMs = 1, tx.Now()
			}
			direct = append(direct, p.segments...)
		case p.held || p.queued:
			queued = append(queued, o)
		}
	}
	if err := d.insertPending(tx, direct); err != nil {
		return err
	}
	if len(queued) > 0 {
		d.releasedUntil(tx.Now())
	}
	return d.insertQueue(tx, queued)
}

func (d *Delivery) plan(m *message.Message) (*plan, error) {
	switch {
	case m.Moderation == message.WaitingModerator:
		return &plan{}, nil
	case m.DeferredMs != 0 || d.holdOf(m).spilled.Load() || !d.Node.Alive():
		failpoint.Hit(failpoint.Spilled)
		return &plan{queued: true}, nil
	}
	if !m.Single() && d.verdict(m) != Send { // it was added long ago: assign sees to it
		if d.holdOf(m).take() {
			return &plan{held: true}, nil
		}
		return &plan{queued: true}, nil
	}
	on := d.route(m)
	if on == nil { // the configuration lost its route since: somebody may restore it
		return &plan{queued: true}, nil
	}
	if on.reserve(m.SegNum) {
		all, err := segments(m, on)
		if err != nil {
			on.release(m.SegNum)
			return nil, err
		}
		return &plan{on: on, segments: all}, nil
	}
	if d.holdOf(m).take() {
		return &plan{on: on, held: true}, nil
	}
	failpoint.Hit(failpoint.Spilled)
	return &plan{queued: true}, nil
}

// Committed carries the plan out.
func (d *Delivery) Committed(o *message.Outgoing) {
	d.counts.accepted.Inc()
	p, ok := o.Slot.(*plan)
	switch {
	case !ok:
	case p.segments != nil:
		for _, s := range p.segments {
			s.on.submit(s)
		}
	case p.held:
		d.assign(o.Message)
	}
}

// Dropped gives back what the plan had taken.
func (d *Delivery) Dropped(o *message.Outgoing) {
	p, ok := o.Slot.(*plan)
	switch {
	case !ok:
	case p.segments != nil:
		p.on.release(len(p.segments))
	case p.held:
		d.forget(o.Message)
	}
}

// assign puts a held message in line at the carrier its route picks now, if it may
// still be sent.
func (d *Delivery) assign(m *message.Message) {
	if v := d.verdict(m); v != Send {
		d.setAside(m, v)
		return
	}
	if dis := d.route(m); dis != nil {
		dis.push(m)
		return
	}
	d.forget(m) // its row keeps our epoch: the next process to start adopts it, or it expires
	d.Logger.Warn("a queued message has no route any more", "message", m.ID, "country", m.Country)
}
