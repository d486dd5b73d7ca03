package delivery

import (
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// pendingRow is a segment's row of pending, as far as receipts ask for it.
type pendingRow struct {
	segmentKey
	segNum    int
	recipient string
	status    message.Status
	startMs   int64
	expiresMs int64
	msg       *message.Message // nil where the row was read from the database
}

// candidate is a segment that a receipt fits; rank is the place of the id that
// found it among the receipt's.
type candidate struct {
	pendingRow
	rank int
}

// eachRow runs a selecting statement for n rows: db.Tx.EachReturning or
// db.Reader.Each.
type eachRow func(stmt *db.RowStatement, n int, fill func(i int, args []any), scan func(db.Row) error) error

// find sets which segments each receipt fits: among the answers of the same
// batch, by the carrier's id in the database, and, where a kept receipt has an id
// that nobody knows, the one segment in doubt that it may be about.
func find(each eachRow, receipts []*receipt, answers map[refKey]pendingRow) error {
	for _, r := range receipts {
		r.early = r.on.writing.any(r.refs) // before the database is asked: later, the answer may be there
	}
	open := unanswered(receipts, 0)
	for rank := 0; len(open) > 0; rank++ { // nearly always the first way of writing the id is known
		if err := findByRef(each, open, rank, answers); err != nil {
			return err
		}
		open = unanswered(open, rank+1)
	}
	return findInDoubt(each, receipts)
}

// unanswered are the receipts that fit nothing yet and have an id of that rank.
func unanswered(receipts []*receipt, rank int) []*receipt {
	return slices.DeleteFunc(slices.Clone(receipts), func(r *receipt) bool { return len(r.fits) > 0 || len(r.refs) <= rank })
}

// recall offers receipts what this process knows of their ids: from the answers of
// the same batch, or from those before, which it forgets with the first receipt.
// Whoever comes next, or again, asks the database.
func (d *Delivery) recall(receipts []*receipt, answers map[refKey]pendingRow) {
	for _, r := range receipts {
		r.fits, r.matched = nil, false
		key := refKey{r.on.id, r.refs[0]}
		row, ok := answers[key]
		if !ok {
			row, ok = d.answeredAs.take(key)
		}
		if ok && row.segNum == 1 {
			r.offer(row, 0)
		}
		r.byMemory = len(r.fits) > 0
	}
}

// findByRef offers each receipt the segments known by its id in one way of writing.
func findByRef(each eachRow, receipts []*receipt, rank int, answers map[refKey]pendingRow) error {
	for _, r := range receipts {
		if row, ok := answers[refKey{r.on.id, r.refs[rank]}]; ok {
			r.offer(row, rank)
		}
	}
	return each(pendingByRef, len(receipts), func(i int, args []any) {
		args[0], args[1], args[2] = int64(i), receipts[i].refs[rank], receipts[i].on.id
	}, rowAt(func(i int, row pendingRow) { receipts[i].offer(row, rank) }))
}

// offer takes a segment of a fitting id as a candidate, unless it went to another
// handset.
func (r *receipt) offer(row pendingRow, rank int) {
	if sameNumber(r.Recipient, row.recipient) {
		r.fits = append(r.fits, candidate{row, rank})
	}
}

// findInDoubt offers kept receipts of unknown ids to the segments in doubt: one
// fits if it is the only one of the same carrier, recipient and sender. Only a
// carrier whose policy is to wait is guessed about: a segment that was sent again
// has an id that will tell, while the unknown one may be of a message to the same
// handset that is final by now.
func findInDoubt(each eachRow, receipts []*receipt) error {
	var lost []*receipt
	for _, r := range receipts {
		if r.stored && len(r.fits) == 0 && !r.early && r.on.Doubt == Wait {
			lost = append(lost, r)
		}
	}
	err := each(pendingInDoubt, len(lost), func(i int, args []any) {
		r := lost[i]
		args[0], args[1], args[2], args[3], args[4] = int64(i), digits(r.Recipient), r.on.id, r.Sender, r.receivedMs
	}, rowAt(func(i int, row pendingRow) { lost[i].offer(row, 0) }))
	for _, r := range lost {
		if len(r.fits) > 1 {
			r.fits = nil
		}
	}
	return err
}

// rowAt scans a row of pendingByRef or pendingInDoubt; i is the place of the
// question it answers.
func rowAt(take func(i int, row pendingRow)) func(db.Row) error {
	return func(rows db.Row) error {
		var i int
		var row pendingRow
		if err := rows.Scan(&i, &row.message, &row.seg, &row.segNum, &row.recipient, &row.status, &row.startMs, &row.expiresMs); err != nil {
			return err
		}
		take(i, row)
		return nil
	}
}

// best is the candidate that a receipt is about, nil where there is none: that of
// the likeliest id and, of several segments under one id, one that has no receipt
// yet.
func (c *completion) best(r *receipt) *pendingRow {
	var best *candidate
	ended := func(f *candidate) bool { return c.statusOf(&f.pendingRow).Final() }
	for i := range r.fits {
		f := &r.fits[i]
		if best == nil || f.rank < best.rank || f.rank == best.rank && ended(best) && !ended(f) {
			best = f
		}
	}
	if best == nil {
		return nil
	}
	return &best.pendingRow
}

// statusOf is the segment's status with what the batch has changed so far.
func (c *completion) statusOf(row *pendingRow) message.Status {
	if t := c.messages[row.message]; t != nil {
		return t.segments[row.seg-1]
	}
	return row.status
}
