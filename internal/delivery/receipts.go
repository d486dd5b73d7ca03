package delivery

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
)

// receipt is a carrier's report on its way to its segment.
type receipt struct {
	carrier.Receipt
	on         *dispatcher
	id         int64 // of its row in receipt
	stored     bool  // it has one
	receivedMs int64
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
	d := dis.d
	d.counts.receipts.With(dis.Name, r.Status.String()).Inc()
	if d.recent.has(refKey{dis.id, fold(r.Ref)}) {
		d.counts.repeated.Inc()
		done(true)
		return
	}
	id, err := d.DB.NextID(context.Background(), "receipt")
	if err != nil {
		dis.log.Error("a receipt could not be kept, the carrier will send it again", "error", err)
		done(false)
		return
	}
	e := &event{receipt: &receipt{Receipt: r, on: dis, id: id}}
	finish := func(err error) {
		if err != nil {
			dis.log.Error("a receipt could not be written, the carrier will send it again", "error", err)
		} else {
			d.counts.ended(e)
		}
		done(err == nil)
	}
	if err := d.complete.Go(db.Answers, e, 2, finish); err != nil {
		finish(err)
	}
}

// receipts finds the segment of each receipt: among this batch's answers, then by
// the carrier's id in the database. What fits none is kept.
func (c *completion) receipts(events []*event) error {
	var all []*receipt
	for _, e := range events {
		if e.receipt != nil {
			all = append(all, e.receipt)
		}
	}
	if len(all) == 0 {
		return nil
	}
	rows, err := c.lookUp(all)
	if err != nil {
		return err
	}
	if err := c.readLong(rows); err != nil {
		return err
	}
	for i, r := range all {
		c.deliver(r, rows[i])
	}
	return nil
}

// lookUp gives for each receipt the row it fits best, nil where none does.
func (c *completion) lookUp(all []*receipt) ([]*pendingRow, error) {
	type candidate struct{ place, rank int }
	var keys []refKey
	var asked []candidate
	best, ranks := make([]*pendingRow, len(all)), make([]int, len(all))
	for i, r := range all {
		for rank, ref := range refs(r.Ref) {
			key := refKey{r.on.id, ref}
			if at, ok := c.byRef[key]; ok && best[i] == nil {
				t := c.messages[at.message]
				best[i] = &pendingRow{segmentKey: at, segNum: t.segNum, startMs: t.startMs, expiresMs: t.expiresMs}
			}
			keys, asked = append(keys, key), append(asked, candidate{i, rank})
		}
	}
	err := c.tx.EachReturning(pendingByRef, len(keys), func(i int, args []any) {
		args[0], args[1], args[2] = int64(i), keys[i].ref, keys[i].carrier
	}, func(rows *sql.Rows) error {
		var at int
		var row pendingRow
		if err := rows.Scan(&at, &row.message, &row.seg, &row.segNum, &row.carrier, &row.recipient, &row.status, &row.startMs, &row.expiresMs); err != nil {
			return err
		}
		to := asked[at]
		if better := best[to.place] == nil || best[to.place].recipient != "" && to.rank < ranks[to.place]; better && sameNumber(all[to.place].Recipient, row.recipient) {
			best[to.place], ranks[to.place] = &row, to.rank
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return best, c.lookUpDoubtful(all, best)
}

// inDoubt finds what a carrier may have taken without our hearing its id.
const inDoubt = `SELECT message_id, seg, seg_num, carrier_id, recipient, status, intent_ms, expires_ms
	FROM pending WHERE recipient = $1 AND doubt > 0 AND ref IS NULL AND status = 1 AND carrier_id = $2 AND sender = $3 AND intent_ms <= $4 LIMIT 2`

// lookUpDoubtful offers receipts that were kept, because their id is known of no
// segment, to the segments in doubt: one fits if it is the only one of the same
// carrier, recipient and sender.
func (c *completion) lookUpDoubtful(all []*receipt, best []*pendingRow) error {
	for i, r := range all {
		if best[i] != nil || !r.stored {
			continue
		}
		var fit []*pendingRow
		err := c.tx.Query(inDoubt, func(rows *sql.Rows) error {
			var row pendingRow
			err := rows.Scan(&row.message, &row.seg, &row.segNum, &row.carrier, &row.recipient, &row.status, &row.startMs, &row.expiresMs)
			fit = append(fit, &row)
			return err
		}, digits(r.Recipient), r.on.id, r.Sender, r.receivedMs)
		if err != nil {
			return err
		}
		if len(fit) == 1 {
			best[i] = fit[0]
		}
	}
	return nil
}

// readLong reads the other segments of messages that receipts touch.
func (c *completion) readLong(rows []*pendingRow) error {
	var long []int64
	for _, row := range rows {
		if row != nil && row.segNum > 1 {
			long = append(long, row.message)
		}
	}
	return c.read(long)
}

func (c *completion) deliver(r *receipt, row *pendingRow) {
	if row == nil {
		c.orphans = append(c.orphans, r)
		return
	}
	t := c.touch(row.message, row.segNum, row.startMs, row.expiresMs)
	t.set(row.seg, change{status: r.Status})
	c.matched = append(c.matched, r)
}

func (c *completion) writeReceipts() error {
	var fresh, settled []*receipt
	for _, r := range c.orphans {
		if !r.stored {
			fresh = append(fresh, r)
		}
	}
	for _, r := range c.matched {
		if r.stored {
			settled = append(settled, r)
		}
		c.d.recent.add(refKey{r.on.id, fold(r.Ref)})
	}
	err := c.tx.Each(insertReceipt, len(fresh), func(i int, args []any) {
		r := fresh[i]
		args[0], args[1], args[2], args[3] = r.id, r.on.id, r.Ref, r.Recipient
		args[4], args[5], args[6], args[7] = r.Sender, int64(r.Status), r.ErrorCode, c.tx.Now()
	})
	if err != nil {
		return err
	}
	return c.tx.Each(deleteReceipt, len(settled), func(i int, args []any) { args[0] = settled[i].id })
}

// match offers kept receipts to segments again.
func (d *Delivery) match(ctx context.Context) error {
	now := d.DB.Now()
	var kept []*receipt
	err := d.DB.Read(ctx, func(q *db.Reader) error {
		kept = nil
		return q.Query(`SELECT id, carrier_id, ref, recipient, sender, status, error_code, received_ms FROM receipt
			WHERE received_ms > $1 ORDER BY received_ms LIMIT $2`, func(rows *sql.Rows) error {
			r := &receipt{stored: true}
			var carrierID int64
			err := rows.Scan(&r.id, &carrierID, &r.Ref, &r.Recipient, &r.Sender, &r.Status, &r.ErrorCode, &r.receivedMs)
			if r.on = d.byID[carrierID]; r.on != nil {
				kept = append(kept, r)
			}
			return err
		}, now-matchFresh.Milliseconds(), matchChunk)
	})
	if err != nil {
		return fmt.Errorf("read the kept receipts: %w", err)
	}
	return d.completeAll(ctx, len(kept), func(i int) *event { return &event{receipt: kept[i]} })
}

// completeAll writes n events, in as few transactions as they fit, and waits.
func (d *Delivery) completeAll(ctx context.Context, n int, at func(i int) *event) error {
	results := make(chan error, n)
	sent := 0
	var failed error
	for ; sent < n && failed == nil; sent++ {
		e := at(sent)
		failed = d.complete.Go(db.Answers, e, 2, func(err error) {
			if err == nil {
				d.counts.ended(e)
			}
			results <- err
		})
	}
	if failed != nil {
		sent--
	}
	for range sent {
		if err := <-results; failed == nil {
			failed = err
		}
	}
	return failed
}

// recent remembers which receipts ended a segment lately, so that one that comes
// twice is not kept as if it fitted none. It holds two generations.
type recent struct {
	mu       sync.Mutex
	now, old map[refKey]struct{}
}

const recentGeneration = 50_000

func (r *recent) has(key refKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, now := r.now[key]
	_, old := r.old[key]
	return now || old
}

func (r *recent) add(key refKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || len(r.now) >= recentGeneration {
		r.now, r.old = make(map[refKey]struct{}), r.now
	}
	r.now[key] = struct{}{}
}
