package message

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// due is a block whose unsettled messages are to be looked at.
type due struct {
	account, first int64
	waitMs         int64
}

// checksAtOnce is how many blocks a round looks at, at most.
const checksAtOnce = 100

// settleOpen looks again at the messages that were unsettled.
func (f *Filler) settleOpen(ctx context.Context) error {
	var blocks []due
	err := f.db.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT account_id, first_id, wait_ms FROM message_block WHERE check_ms <= $1 ORDER BY check_ms LIMIT $2",
			func(rows db.Row) error {
				var d due
				err := rows.Scan(&d.account, &d.first, &d.waitMs)
				blocks = append(blocks, d)
				return err
			}, f.db.Now(), checksAtOnce)
	})
	for _, d := range blocks {
		if err == nil {
			err = f.check(ctx, d)
		}
	}
	return err
}

// check writes a block's columns of what is settled by now. The first time it counts
// its rows too.
func (f *Filler) check(ctx context.Context, due due) error {
	var s *shelf
	var d *draft
	var lost *block
	err := f.db.Read(ctx, func(q *db.Reader) (err error) {
		if s, err = f.shelves.read(q, due.account); err != nil {
			return err
		}
		at := slices.IndexFunc(s.blocks, func(b *block) bool { return b.first == due.first })
		if at < 0 {
			return errMoved
		}
		b := s.blocks[at]
		if whole, err := b.whole(q); err != nil || !whole {
			lost = b
			return err
		}
		d, err = b.settled(q)
		return err
	})
	switch {
	case err != nil:
		return err
	case lost != nil:
		return f.remake(ctx, s, lost, nil)
	}
	if d.block.unsettled > 0 {
		f.checkIn(d, checkGrowth*time.Duration(due.waitMs)*time.Millisecond)
	}
	return f.put(ctx, d, s)
}

// whole tells whether a block has as many messages as the table.
func (b *block) whole(q *db.Reader) (bool, error) {
	var rows int
	err := q.One("SELECT count(*) FROM message WHERE account_id = $1 AND id >= $2 AND id <= $3", []any{b.account, b.first, b.last}, &rows)
	return rows == b.Rows, err
}

// settled drafts the block with what its unsettled messages have become.
func (b *block) settled(q *db.Reader) (*draft, error) {
	d := &draft{block: *b, columns: map[column.Name][]int64{}}
	summary := *b.Summary
	d.Summary = &summary
	if b.unsettled == 0 {
		return d, nil
	}
	names := []column.Name{column.Status, column.Start, column.Update}
	var ids []int64
	err := eachBlock(q, []ask{allRows(b, setOf(append(names, column.ID)...))}, func(_ ask, c *columns, _ []int32) error {
		for _, name := range names {
			d.columns[name] = slices.Clone(c[name])
		}
		ids = slices.Clone(c[column.ID])
		return nil
	})
	if err == nil {
		err = d.settle(q, ids)
	}
	for name, values := range maps.All(d.columns) {
		d.Measure(name, values)
	}
	d.countUnsettled()
	if d.block.unsettled == b.unsettled {
		clear(d.columns) // as they are
	}
	return d, err
}

var selectSettled = db.Rows(`SELECT message.id, message.status, message.moderation, coalesce(message.start_send_ms, 0), coalesce(message.status_update_ms, 0)
	FROM message {rows} WHERE message.id = :id AND message.status >= 4`, "id bigint")

// settle puts what is settled into the columns.
func (d *draft) settle(q *db.Reader, ids []int64) error {
	var open []int64
	rowOf := map[int64]int{}
	for row, status := range d.columns[column.Status] {
		if status == unsettled {
			open = append(open, ids[row])
			rowOf[ids[row]] = row
		}
	}
	fill := func(i int, args []any) { args[0] = open[i] }
	return q.Each(selectSettled, len(open), fill, func(rows db.Row) error {
		var id, startMs, updateMs int64
		var status Status
		var moderation Moderation
		if err := rows.Scan(&id, &status, &moderation, &startMs, &updateMs); err != nil {
			return err
		}
		inBlock, start, update := settle(status, moderation, startMs, updateMs)
		row := rowOf[id]
		d.columns[column.Status][row], d.columns[column.Start][row], d.columns[column.Update][row] = inBlock, start, update
		return nil
	})
}
