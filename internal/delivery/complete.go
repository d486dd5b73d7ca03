package delivery

import (
	"cmp"
	"slices"

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

	// Set by the transaction:
	finals []message.Status // messages that came to an end in it
	over   bool             // that of segment did, or was over already
}

// written notes what an event did, once that is durable.
func (d *Delivery) written(e *event) {
	d.counts.ended(e)
	r := e.receipt
	switch {
	case r == nil:
	case r.matched:
		d.ended.add(r.key(), struct{}{})
	case r.kept:
		for _, ref := range r.refs {
			key := refKey{r.on.id, ref}
			if d.overtook.add(key, struct{}{}); d.answeredAs.has(key) { // its answer was written side by side with it
				d.matcher.Wake()
			}
		}
	}
}

// completion is one transaction's work on what answers, receipts and time did to
// messages: the segments they touch, and what follows for the messages.
type completion struct {
	d  *Delivery
	tx *db.Tx

	messages map[int64]*touched
	order    []*touched
	disarmed []disarmed
	matched  []*receipt
	orphans  []*receipt
}

// touched is a message of which the completion changes something.
type touched struct {
	id        int64
	msg       *message.Message // nil where it is not in memory
	segments  []message.Status // by number; what the rows say, then what they will say
	changed   map[int]change   // segments whose rows change
	live      bool             // an intent is live: an answer may come
	startMs   int64            // of the first intent; 0 = nothing was ever submitted
	expiresMs int64
	overdue   bool       // asks whether its time is over
	byMemory  []*receipt // placed on it without asking the database
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
	c := &completion{d: d, tx: tx, messages: map[int64]*touched{}}
	for _, e := range events {
		e.finals, e.over = nil, false
	}
	for _, step := range []func([]*event) error{c.find, c.lock, c.answers, c.receipts, c.judge, c.write} {
		if err := step(events); err != nil {
			return err
		}
	}
	return nil
}

// find looks for the segments of the receipts, without a lock yet.
func (c *completion) find(events []*event) error {
	var receipts []*receipt
	for _, e := range events {
		if e.receipt != nil {
			receipts = append(receipts, e.receipt)
		}
	}
	if len(receipts) == 0 {
		return nil
	}
	answers := map[refKey]pendingRow{}
	for _, e := range events {
		if s := e.segment; s != nil && e.answer.Ref != "" {
			answers[refKey{s.on.id, fold(e.answer.Ref)}] = s.acceptedRow()
		}
	}
	c.d.recall(receipts, answers)
	return find(c.tx.EachReturning, receipts, answers)
}

// lock reads, in one go and in the order of locks, the segments of messages that
// have several, and of those that may be overdue: what one segment's news mean
// depends on the others.
func (c *completion) lock(events []*event) error {
	var wanted, late []int64
	for _, e := range events {
		switch {
		case e.overdue != 0:
			late = append(late, e.overdue)
		case e.segment != nil && e.segment.msg.SegNum > 1:
			wanted = append(wanted, e.segment.msg.ID)
		case e.receipt != nil:
			for _, f := range e.receipt.fits {
				if f.segNum > 1 {
					wanted = append(wanted, f.message)
				}
			}
		}
	}
	if err := c.read(sortedUnique(append(wanted, late...))); err != nil {
		return err
	}
	for _, id := range late {
		if t := c.messages[id]; t != nil {
			t.overdue = true
		}
	}
	return nil
}

// read adds the messages, with all their rows of pending locked.
func (c *completion) read(wanted []int64) error {
	return c.tx.EachReturning(pendingByMessage, len(wanted), func(i int, args []any) { args[0] = wanted[i] }, func(rows db.Row) error {
		var row pendingRow
		var attempt, doubt, startMs int64
		if err := rows.Scan(&row.message, &row.seg, &row.segNum, &row.status, &attempt, &doubt, &startMs, &row.expiresMs); err != nil {
			return err
		}
		t := c.add(&row)
		t.segments[row.seg-1] = row.status
		t.live = t.live || row.status == message.Enqueued && attempt > doubt
		if attempt > 0 && (t.startMs == 0 || startMs < t.startMs) {
			t.startMs = startMs
		}
		return nil
	})
}

// touch gives the entry of a segment's message. For a single segment all there is
// to know is known; a longer message that was not found is final already: nil.
func (c *completion) touch(row *pendingRow) *touched {
	if row.segNum > 1 {
		return c.messages[row.message]
	}
	return c.add(row)
}

func (c *completion) add(row *pendingRow) *touched {
	t := c.messages[row.message]
	if t == nil {
		t = &touched{id: row.message, msg: row.msg, segments: make([]message.Status, row.segNum), startMs: row.startMs, expiresMs: row.expiresMs}
		for i := range t.segments {
			t.segments[i] = message.Enqueued
		}
		c.messages[row.message] = t
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
	if t.changed == nil {
		t.changed = map[int]change{}
	}
	t.changed[seg] = change{to.status, cmp.Or(to.ref, t.changed[seg].ref)}
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
		row := s.row()
		if t := c.touch(&row); t != nil {
			t.set(s.num, change{status, fold(e.answer.Ref)})
		}
	}
	return nil
}

// judge decides what the news mean for each message.
func (c *completion) judge([]*event) error {
	slices.SortFunc(c.order, func(a, b *touched) int { return cmp.Compare(a.id, b.id) })
	now := c.tx.Now()
	for _, t := range c.order {
		t.status = overall(t.segments)
		if t.overdue && !t.status.Final() {
			if status, over := overdue(t.segments, t.live, t.expiresMs, now, c.d.ReceiptGrace); over {
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
	for _, e := range events {
		if e.segment != nil {
			t := c.messages[e.segment.msg.ID]
			e.over = t == nil || t.final
		}
	}
	var changes []message.Change
	for _, t := range c.order {
		if t.final {
			events[0].finals = append(events[0].finals, t.status)
		}
		if t.final || len(t.changed) > 0 {
			changes = append(changes, message.Change{ID: t.id, Status: t.status, AtMs: c.tx.Now(), StartMs: t.startMs, Of: t.msg})
		}
	}
	return c.d.Messages().Settle(c.tx, changes)
}

func (c *completion) writeDisarmed() error {
	return c.tx.Each(disarmPending, len(c.disarmed), func(i int, args []any) {
		r := c.disarmed[i]
		args[0], args[1], args[2], args[3] = r.message, int64(r.seg), r.attempt, r.epoch
		args[4], args[5] = c.d.Node.Epoch(), r.armed
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
	removed := make([]bool, len(final))
	err := c.tx.EachTouched(deletePending, len(final), func(i int, args []any) { args[0] = final[i].id }, func(i int) { removed[i] = true })
	for i, t := range final {
		if !removed[i] {
			t.final, t.changed = false, nil
			c.unplace(t.byMemory...) // ended by somebody else since it was remembered
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
