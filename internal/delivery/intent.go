package delivery

import (
	"database/sql"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// wave is a set of segments that have their window slots and get their intents in
// one transaction, after which they go to the wire.
type wave struct {
	on    *dispatcher
	fresh []start    // messages that leave the queue
	again []*segment // segments that have their row in pending
	held  int        // segments in fresh

	// Set by the transaction:
	send  []*segment // may go to the wire
	later []*segment // have their row, but no slot yet
}

// start is a message's first step: its row leaves queue, all its segments get
// their rows in pending, and as many as there are slots for their intents.
type start struct {
	msg   *message.Message
	slots int
}

func (w *wave) add(m *message.Message, slots int) {
	w.fresh = append(w.fresh, start{m, slots})
	w.held += slots
}

// size is how many slots the wave holds.
func (w *wave) size() int  { return w.held + len(w.again) }
func (w *wave) full() bool { return w.size() >= waveSegments }

// intend makes the wave's intents durable and then submits it.
func (d *Delivery) intend(w *wave) {
	err := d.wave.Go(db.Answers, w, 2*w.size(), func(err error) { d.intended(w, err) })
	if err != nil {
		d.intended(w, err)
	}
}

// intended goes on after the transaction. What the claim check left out belongs
// to somebody else now; only its slots are ours to give back.
func (d *Delivery) intended(w *wave, err error) {
	d.held.Add(-int64(len(w.fresh)))
	if err != nil {
		w.on.log.Error("intents could not be written, will try again", "segments", w.size(), "error", err)
		d.again.add(func() { d.takeBack(w) })
		return
	}
	w.on.pushReady(w.later...)
	for _, s := range w.send {
		w.on.submit(s)
	}
	if left := w.size() - len(w.send); left > 0 {
		w.on.release(left)
	}
	d.feeder.Wake()
}

// takeBack puts everything of a wave that was not written in line again.
func (d *Delivery) takeBack(w *wave) {
	d.held.Add(int64(len(w.fresh)))
	for _, f := range w.fresh {
		d.assign(f.msg)
	}
	w.on.pushReady(w.again...)
	w.on.release(w.size())
}

func (d *Delivery) intendBatch(tx *db.Tx, waves []*wave) error {
	for _, w := range waves {
		w.send, w.later = nil, nil
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
	var ours []int64
	err := tx.EachReturning(takeFromQueue, len(w.fresh), func(i int, args []any) {
		args[0], args[1] = w.fresh[i].msg.ID, d.Node.Epoch()
	}, ids(&ours))
	if err != nil {
		return err
	}
	taken := make(map[int64]bool, len(ours))
	for _, id := range ours {
		taken[id] = true
	}
	var rows []*segment
	for _, f := range w.fresh {
		if !taken[f.msg.ID] {
			continue
		}
		all, err := segments(f.msg, w.on)
		if err != nil {
			return err
		}
		for i, s := range all {
			s.startMs = tx.Now()
			if i < f.slots {
				s.attempt = 1
				w.send = append(w.send, s)
			} else {
				w.later = append(w.later, s)
			}
		}
		rows = append(rows, all...)
	}
	return d.insertPending(tx, rows)
}

// arm gives segments that were tried before a new intent each.
func (d *Delivery) arm(tx *db.Tx, w *wave) error {
	byKey := make(map[segmentKey]*segment, len(w.again))
	return tx.EachReturning(armPending, len(w.again), func(i int, args []any) {
		s := w.again[i]
		byKey[segmentKey{s.msg.ID, s.num}] = s
		args[0], args[1], args[2] = s.msg.ID, int64(s.num), d.Node.Epoch()
		args[3], args[4], args[5] = s.attempt+1, w.on.id, tx.Now()
	}, func(rows *sql.Rows) error {
		var key segmentKey
		if err := rows.Scan(&key.message, &key.seg); err != nil {
			return err
		}
		s := byKey[key]
		if s == nil {
			return fmt.Errorf("an intent for segment %d of message %d, which nobody asked for", key.seg, key.message)
		}
		w.send = append(w.send, s)
		return nil
	})
}

type segmentKey struct {
	message int64
	seg     int
}
