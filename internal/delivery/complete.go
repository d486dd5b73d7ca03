package delivery

import (
	"database/sql"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// event is one thing the completer writes: an answer (segment is set), a receipt,
// or that a message's time may be over (overdue is its id).
type event struct {
	segment *segment
	answer  carrier.Answer
	receipt *receipt
	overdue int64

	finals []message.Status // set by the transaction: messages that came to an end in it
}

// completion is one transaction's work on what answers, receipts and time did to
// messages: the segments they touch, and what follows for the messages.
type completion struct {
	d  *Delivery
	tx *db.Tx

	messages map[int64]*touched
	order    []*touched
	disarmed []disarmed
	byRef    map[refKey]segmentKey // answers of this very batch
	matched  []*receipt
	orphans  []*receipt
}

// touched is a message of which the completion changes something.
type touched struct {
	id        int64
	segNum    int
	segments  []message.Status // by number; what the rows say, then what they will say
	changed   map[int]change   // segments whose rows change
	startMs   int64            // of the first intent; 0 = nothing was ever submitted
	expiresMs int64
	overdue   bool // asks whether its time is over
	final     bool
	status    message.Status
}

type change struct {
	status message.Status
	ref    string
}

// completeBatch writes a batch of events in the open transaction: rows of pending
// first, then, through the owner of messages, accounts and messages.
func (d *Delivery) completeBatch(tx *db.Tx, events []*event) error {
	c := &completion{d: d, tx: tx, messages: map[int64]*touched{}, byRef: map[refKey]segmentKey{}}
	for _, e := range events {
		e.finals = nil
	}
	for _, step := range []func([]*event) error{c.lock, c.answers, c.receipts, c.judge, c.write} {
		if err := step(events); err != nil {
			return err
		}
	}
	return nil
}

// touch gives the message's entry. For a single segment all there is to know is
// known; the rows of longer messages were read by lock.
func (c *completion) touch(id int64, segNum int, startMs, expiresMs int64) *touched {
	t := c.messages[id]
	if t == nil {
		t = &touched{id: id, segNum: segNum, segments: make([]message.Status, segNum), changed: map[int]change{}, startMs: startMs, expiresMs: expiresMs}
		for i := range t.segments {
			t.segments[i] = message.Enqueued
		}
		c.messages[id] = t
		c.order = append(c.order, t)
	}
	return t
}

// set moves a segment forward; one that is final stays as it is.
func (t *touched) set(seg int, to change) {
	if was := t.segments[seg-1]; was.Final() || to.status <= was {
		return
	}
	t.segments[seg-1] = to.status
	t.changed[seg] = to
}

// lock reads the segments of messages that have several, and of those that may be
// overdue: what one segment's news mean depends on the others.
func (c *completion) lock(events []*event) error {
	var wanted []int64
	for _, e := range events {
		switch {
		case e.overdue != 0:
			wanted = append(wanted, e.overdue)
		case e.segment != nil && e.segment.msg.SegNum > 1:
			wanted = append(wanted, e.segment.msg.ID)
		}
	}
	if err := c.read(wanted); err != nil {
		return err
	}
	for _, e := range events {
		if t := c.messages[e.overdue]; e.overdue != 0 && t != nil {
			t.overdue = true
		}
	}
	return nil
}

// read adds the messages, with all their rows of pending locked.
func (c *completion) read(wanted []int64) error {
	var missing []int64
	for _, id := range sortedUnique(wanted) {
		if c.messages[id] == nil {
			missing = append(missing, id)
		}
	}
	return c.tx.EachReturning(pendingByMessage, len(missing), func(i int, args []any) { args[0] = missing[i] }, func(rows *sql.Rows) error {
		var r pendingRow
		var attempt int64
		if err := rows.Scan(&r.message, &r.seg, &r.segNum, &r.carrier, &r.recipient, &r.status, &attempt, &r.startMs, &r.expiresMs); err != nil {
			return err
		}
		t := c.touch(r.message, r.segNum, 0, r.expiresMs)
		t.segments[r.seg-1] = r.status
		if attempt > 0 && (t.startMs == 0 || r.startMs < t.startMs) {
			t.startMs = r.startMs
		}
		return nil
	})
}

// pendingRow is a row of pending.
type pendingRow struct {
	segmentKey
	segNum    int
	carrier   int64
	recipient string
	status    message.Status
	startMs   int64
	expiresMs int64
}

func (c *completion) answers(events []*event) error {
	for _, e := range events {
		s := e.segment
		if s == nil {
			continue
		}
		status, settled := segmentAfter(s, e.answer)
		if !settled {
			c.disarmed = append(c.disarmed, disarm(s, e.answer, c.d.Node.Epoch()))
			continue
		}
		if s.msg.SegNum > 1 && c.messages[s.msg.ID] == nil {
			continue // final already: its rows are gone
		}
		t := c.touch(s.msg.ID, s.msg.SegNum, s.startMs, s.msg.ExpiresMs)
		ref := fold(e.answer.Ref)
		t.set(s.num, change{status, ref})
		if ref != "" {
			c.byRef[refKey{s.on.id, ref}] = segmentKey{s.msg.ID, s.num}
		}
	}
	return nil
}

// judge decides what the news mean for each message.
func (c *completion) judge([]*event) error {
	now := c.tx.Now()
	for _, t := range c.order {
		t.status = overall(t.segments)
		if t.overdue && !t.status.Final() {
			if status, over := overdue(t.segments, t.startMs != 0, t.expiresMs, now, c.d.ReceiptGrace); over {
				t.status = status
			}
		}
		t.final = t.status.Final()
	}
	return nil
}

func (c *completion) write(events []*event) error {
	for _, step := range []func() error{c.writeDisarmed, c.writeFinal, c.writeChanged, c.writeReceipts} {
		if err := step(); err != nil {
			return err
		}
	}
	var changes []message.Change
	for _, t := range c.order {
		if t.final {
			events[0].finals = append(events[0].finals, t.status)
		}
		if t.final || len(t.changed) > 0 {
			changes = append(changes, message.Change{ID: t.id, Status: t.status, AtMs: c.tx.Now(), StartMs: t.startMs})
		}
	}
	return c.d.Messages().Settle(c.tx, changes)
}

func (c *completion) writeDisarmed() error {
	return c.tx.Each(disarmPending, len(c.disarmed), func(i int, args []any) {
		r := c.disarmed[i]
		args[0], args[1], args[2], args[3] = r.message, int64(r.seg), r.attempt, r.epoch
	})
}

// writeFinal removes what is pending of messages that are final. Whoever removes
// the rows settles the message: of two completions that come to an end at once,
// only one does.
func (c *completion) writeFinal() error {
	var final []*touched
	for _, t := range c.order {
		if t.final {
			final = append(final, t)
		}
	}
	removed := make(map[int64]bool, len(final))
	err := c.tx.EachReturning(deletePending, len(final), func(i int, args []any) { args[0] = final[i].id }, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		removed[id] = true
		return err
	})
	for _, t := range final {
		if !removed[t.id] {
			t.final, t.changed = false, nil
		}
	}
	return err
}

func (c *completion) writeChanged() error {
	type row struct {
		segmentKey
		change
	}
	var all []row
	for _, t := range c.order {
		if t.final {
			continue
		}
		for seg, ch := range t.changed {
			all = append(all, row{segmentKey{t.id, seg}, ch})
		}
	}
	return c.tx.Each(updatePending, len(all), func(i int, args []any) {
		r := all[i]
		args[0], args[1], args[2], args[3] = r.message, int64(r.seg), int64(r.status), nil
		if r.ref != "" {
			args[3] = r.ref
		}
	})
}
