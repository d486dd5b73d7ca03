package delivery

import (
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// wave is a set of segments that have their window slots and get their intents in
// one transaction, after which they go to the wire.
type wave struct {
	on    *dispatcher
	fresh []*start   // messages that leave the queue
	again []*segment // segments that have their row in pending
	held  int        // slots of fresh

	// Set by the transaction:
	begun []*start   // of fresh: the row in queue was still ours
	armed []*segment // of again: their new intents
}

// start is a message's first step: its row leaves queue, all its segments get
// their rows in pending, and as many as there are slots for their intents.
type start struct {
	msg      *message.Message
	slots    int
	segments []*segment
}

func (w *wave) add(m *message.Message, slots int) {
	w.fresh = append(w.fresh, &start{msg: m, slots: slots})
	w.held += slots
}

// size is how many slots the wave holds.
func (w *wave) size() int  { return w.held + len(w.again) }
func (w *wave) full() bool { return w.size() >= waveSegments }

// rows is how many rows the wave writes, about.
func (w *wave) rows() int {
	n := 2 * len(w.again)
	for _, f := range w.fresh {
		n += 1 + len(f.segments)
	}
	return n
}

// intend makes the wave's intents durable and then submits it.
func (d *Delivery) intend(w *wave) {
	w.fresh = slices.DeleteFunc(w.fresh, func(f *start) bool { return !d.cut(w, f) })
	err := d.wave.Go(db.Answers, w, w.rows(), func(err error) { d.intended(w, err) })
	if err != nil {
		d.intended(w, err)
	}
}

// cut splits a message of the wave. One that cannot be split as it was accepted
// leaves the wave and memory: its row in queue waits for the end of validity.
func (d *Delivery) cut(w *wave, f *start) (ok bool) {
	var err error
	if f.segments, err = segments(f.msg, w.on); err == nil {
		return true
	}
	w.on.log.Error("a message cannot be sent and will expire", "error", err)
	d.forget(f.msg)
	w.held -= f.slots
	w.on.release(f.slots)
	return false
}

// intended goes on after the transaction. What the claim check left out belongs
// to somebody else now; only its slots are ours to give back.
func (d *Delivery) intended(w *wave, err error) {
	if err != nil {
		d.again.Add(err, func() { d.takeBack(w) })
		return
	}
	failpoint.Hit(failpoint.Intended)
	for _, f := range w.fresh {
		d.forget(f.msg)
	}
	unused := w.size() - len(w.armed)
	for _, f := range w.begun {
		unused -= f.slots
		for _, s := range f.segments[:f.slots] {
			w.on.submit(s)
		}
		w.on.pushReady(f.segments[f.slots:]...)
	}
	for _, s := range w.armed {
		s.attempt++
		w.on.submit(s)
	}
	if unused > 0 {
		w.on.release(unused)
	}
	for i := range d.holds {
		if h := &d.holds[i]; h.spilled.Load() && h.free() >= feedChunk {
			d.feeder.Wake()
		}
	}
	d.roomMade()
}

// takeBack puts everything of a wave that was not written in line again.
func (d *Delivery) takeBack(w *wave) {
	for _, f := range w.fresh {
		d.assign(f.msg)
	}
	for _, s := range w.again {
		d.lineUp(s)
	}
	w.on.release(w.size())
}

func (d *Delivery) intendBatch(tx *db.Tx, waves []*wave) error {
	for _, w := range waves {
		w.begun, w.armed = nil, nil
		if err := d.begin(tx, w); err != nil {
			return err
		}
		if err := d.arm(tx, w); err != nil {
			return err
		}
	}
	return nil
}

// begin moves messages from queue to pending, if the queue's rows are still ours.
func (d *Delivery) begin(tx *db.Tx, w *wave) error {
	ours := make([]bool, len(w.fresh))
	err := tx.EachTouched(takeFromQueue, len(w.fresh), func(i int, args []any) {
		args[0], args[1] = w.fresh[i].msg.ID, d.Node.Epoch()
	}, func(i int) { ours[i] = true })
	if err != nil {
		return err
	}
	var rows []*segment
	for i, f := range w.fresh {
		if !ours[i] {
			continue
		}
		for i, s := range f.segments {
			if s.startMs = tx.Now(); i < f.slots {
				s.attempt = 1
			}
		}
		w.begun = append(w.begun, f)
		rows = append(rows, f.segments...)
	}
	return d.insertPending(tx, rows)
}

// arm gives segments that were tried before a new intent each.
func (d *Delivery) arm(tx *db.Tx, w *wave) error {
	return tx.EachTouched(armPending, len(w.again), func(i int, args []any) {
		s := w.again[i]
		if s.attempt == 0 {
			s.startMs = tx.Now()
		}
		args[0], args[1], args[2] = s.msg.ID, int64(s.num), d.Node.Epoch()
		args[3], args[4], args[5] = s.attempt+1, w.on.id, tx.Now()
	}, func(i int) { w.armed = append(w.armed, w.again[i]) })
}

type segmentKey struct {
	message int64
	seg     int
}
