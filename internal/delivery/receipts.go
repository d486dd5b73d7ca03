package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
)

// receipt is a carrier's report on its way to its segment.
type receipt struct {
	carrier.Receipt
	on         *dispatcher
	refs       []string // under which its segment may be known, folded, likeliest first
	id         int64    // of its row in receipt
	stored     bool     // it has one
	receivedMs int64    // where stored

	// Set by the transaction:
	fits     []candidate
	early    bool // the answer it may belong to was under way
	matched  bool
	kept     bool // it fits nothing yet and has a row now
	byMemory bool // fits holds what this process remembers, and the database was not asked
}

const (
	// matchFresh is how long a kept receipt is offered to segments twice a second:
	// the response it overtook is on its way.
	matchFresh = 2 * time.Minute
	// receiptKept is how long one that fits nothing is kept for people to see.
	receiptKept = 72 * time.Hour
	matchChunk  = 500
)

// receipt takes a report; the carrier hears of its fate after the commit. It runs
// on a link's reader and does not block.
func (dis *dispatcher) receipt(r carrier.Receipt, done func(kept bool)) {
	failpoint.Hit(failpoint.ReceiptRead)
	dis.d.counts.receipts.With(dis.Name, r.Status.String()).Inc()
	dis.keep(&receipt{Receipt: r, on: dis, refs: refs(r.Ref), id: dis.d.receiptID()}, done)
}

func (dis *dispatcher) keep(r *receipt, done func(kept bool)) {
	dis.d.write(&event{receipt: r}, func(err error) {
		switch {
		case err != nil:
			dis.log.Error("a receipt could not be written, the carrier will send it again", "error", err)
			done(false)
		case r.early && !r.matched:
			dis.writing.after(r.refs, func() { dis.keep(r, done) })
		default:
			failpoint.Hit(failpoint.ReceiptCommitted)
			done(true)
		}
	})
}

// receiptID numbers receipts without asking the database, which a link's reader
// must not wait for: no other life of a process has this one's epoch.
func (d *Delivery) receiptID() int64 { return d.Node.Epoch()<<40 + d.receiptSeq.Add(1) }

// receipts settles each receipt on the segment it fits best; what fits none is
// kept.
func (c *completion) receipts(events []*event) error {
	for _, e := range events {
		if e.receipt != nil {
			c.deliver(e.receipt)
		}
	}
	return nil
}

func (c *completion) deliver(r *receipt) {
	row := c.best(r)
	switch {
	case row != nil && r.early && c.statusOf(row).Final():
		// Another segment of this id may be in the answer under way.
	case row != nil:
		r.matched = true
		if t := c.touch(row); t != nil {
			t.set(row.seg, change{status: r.Status})
			if r.byMemory {
				t.byMemory = append(t.byMemory, r)
			}
		}
		c.matched = append(c.matched, r)
	default:
		c.unplace(r)
	}
}

// unplace keeps receipts that fit no segment, where it is no segment's second and
// nothing is known that it waits for.
func (c *completion) unplace(receipts ...*receipt) {
	for _, r := range receipts {
		r.matched, r.kept = false, false
		switch {
		case r.early || r.stored:
		case c.d.ended.has(r.key()):
			c.d.counts.repeated.Inc()
		default:
			r.kept = true
			c.orphans = append(c.orphans, r)
		}
	}
}

func (c *completion) writeReceipts() error {
	err := c.tx.Each(insertReceipt, len(c.orphans), func(i int, args []any) {
		r := c.orphans[i]
		args[0], args[1], args[2], args[3] = r.id, r.on.id, r.Ref, r.Recipient
		args[4], args[5], args[6], args[7] = r.Sender, int64(r.Status), r.ErrorCode, c.tx.Now()
	})
	if err != nil {
		return err
	}
	var settled []int64
	for _, r := range c.matched {
		if r.stored && r.matched {
			settled = append(settled, r.id)
		}
	}
	return c.tx.Each(deleteReceipt, len(settled), func(i int, args []any) { args[0] = settled[i] })
}

// match offers kept receipts to segments again: those that some segment fits go
// through the completer, which looks anew.
func (d *Delivery) match(ctx context.Context) error {
	for after := (mark{receivedMs: d.looks.oldest(time.Now(), d.DB.Now()) - matchFresh.Milliseconds()}); ; {
		var kept []*receipt
		err := d.DB.Read(ctx, func(q *db.Reader) (err error) {
			if kept, err = d.kept(q, &after); err != nil {
				return err
			}
			return find(q.Each, kept, nil)
		})
		if err != nil {
			return fmt.Errorf("match the kept receipts: %w", err)
		}
		var events []*event
		for _, r := range kept {
			if len(r.fits) > 0 {
				events = append(events, &event{receipt: r})
			}
		}
		if err := d.writeAll(events); err != nil || len(kept) == 0 {
			return err
		}
	}
}

// looks are what the clock showed lately, so that a receipt of a moment ago is not
// taken for an old one when the clock is put forward.
type looks []look

type look struct {
	at    time.Time // monotonic
	shown int64     // Unix ms
}

const lookEvery = 10 * time.Second

// oldest is the earliest that the clock showed within matchFresh.
func (l *looks) oldest(at time.Time, shown int64) int64 {
	if n := len(*l); n == 0 || at.Sub((*l)[n-1].at) >= lookEvery || shown < (*l)[n-1].shown {
		*l = append(*l, look{at, shown})
	}
	*l = slices.DeleteFunc(*l, func(k look) bool { return at.Sub(k.at) > matchFresh })
	for _, k := range *l {
		shown = min(shown, k.shown)
	}
	return shown
}

// mark is a place among the kept receipts, which go by their time.
type mark struct{ receivedMs, id int64 }

// kept reads a chunk of the kept receipts and moves the mark past it.
func (d *Delivery) kept(q *db.Reader, after *mark) (kept []*receipt, err error) {
	err = q.Query(`SELECT id, carrier_id, ref, recipient, sender, status, error_code, received_ms FROM receipt
		WHERE (received_ms, id) > ($1, $2) ORDER BY received_ms, id LIMIT $3`, func(rows db.Row) error {
		r := &receipt{stored: true}
		var carrierID int64
		err := rows.Scan(&r.id, &carrierID, &r.Ref, &r.Recipient, &r.Sender, &r.Status, &r.ErrorCode, &r.receivedMs)
		if r.on = d.byID[carrierID]; r.on != nil {
			r.refs = refs(r.Ref)
			kept = append(kept, r)
		}
		*after = mark{r.receivedMs, r.id}
		return err
	}, after.receivedMs, after.id, matchChunk)
	return kept, err
}

// writeAll writes events, in as few transactions as they fit, and waits.
func (d *Delivery) writeAll(events []*event) (failed error) {
	results := make(chan error, len(events))
	for _, e := range events {
		d.write(e, func(err error) { results <- err })
	}
	for range events {
		if err := <-results; failed == nil {
			failed = err
		}
	}
	return failed
}
