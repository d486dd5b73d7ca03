package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// errOvertaken: another node changed the shelf meanwhile; what was made is dropped.
var errOvertaken = errors.New("the shelf was changed by another node")

// draft is a block to be written, in place of an older one or not.
type draft struct {
	block
	columns map[column.Name][]int64 // those that changed
	checkMs any                     // when to look at it again, nil = never
	waitMs  int64
	late    []int64 // that it has now
}

// selectRows is what a block is made of.
const selectRows = `SELECT id, campaign_id, created_ms, coalesce(start_send_ms, 0), coalesce(status_update_ms, 0), recipient,
	` + textColumn + `, sender, status, seg_num, seg_num * seg_price, moderation FROM message
	WHERE account_id = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT $4`

func readRows(q *db.Reader, account, first, last int64, limit int) (found []column.Row, err error) {
	err = q.Query(selectRows, func(rows db.Row) error {
		var r column.Row
		var to, text string
		var status Status
		var moderation Moderation
		v := &r.Values
		if err := rows.Scan(&v[column.ID], &v[column.Campaign], &v[column.Created], &v[column.Start], &v[column.Update],
			&to, &text, &r.Sender, &status, &v[column.SegNum], &v[column.Cost], &moderation); err != nil {
			return err
		}
		v[column.To], v[column.Text], v[column.Kind] = column.Number(to), column.Hash(text), kindSingle
		if v[column.Campaign] != v[column.ID] {
			v[column.Kind] = kindBulk
		}
		v[column.Status], v[column.Start], v[column.Update] = settle(status, moderation, v[column.Start], v[column.Update])
		found = append(found, r)
		return nil
	}, account, first, last, int64(limit))
	return found, err
}

// settle gives the values that a block has of what changes until a status is final.
func settle(status Status, moderation Moderation, startMs, updateMs int64) (inBlock, start, update int64) {
	switch {
	case !status.Final():
		return unsettled, 0, 0
	case moderation == Declined:
		return int64(status) | wasDeclined, startMs, updateMs
	default:
		return int64(status), startMs, updateMs
	}
}

// newDraft makes a block of rows. last is where it ends: past its last row, or not.
func newDraft(account, first, last int64, rows []column.Row) *draft {
	d := &draft{block: block{account: account, first: first, last: last}, columns: map[column.Name][]int64{}}
	summary, values := column.Build(rows)
	d.Summary = summary
	for name, v := range values {
		d.columns[column.Name(name)] = v
	}
	d.countUnsettled()
	return d
}

func (d *draft) countUnsettled() {
	d.block.unsettled = 0
	for _, c := range d.Columns[column.Status].Counts {
		if c.Value == unsettled {
			d.block.unsettled = c.Rows
		}
	}
}

var insertColumn = db.Rows(`INSERT INTO message_column (account_id, first_id, name, data) SELECT :account_id, :first_id, :name, :data {rows}
	ON CONFLICT (account_id, first_id, name) DO UPDATE SET data = excluded.data`,
	"account_id bigint", "first_id bigint", "name bigint", "data bytea")

// put writes the draft of a block that was made of the shelf as of generation.
func (d *draft) put(ctx context.Context, database *db.DB, generation int64) error {
	err := database.Write(ctx, db.Background, func(tx *db.Tx) error {
		if err := d.turn(tx, generation); err != nil {
			return err
		}
		if err := d.putColumns(tx); err != nil {
			return err
		}
		return tx.Each(deleteLate, len(d.late), func(i int, args []any) { args[0], args[1] = d.account, d.late[i] })
	})
	if err != nil {
		return fmt.Errorf("block %d of account %d: %w", d.first, d.account, err)
	}
	return nil
}

var deleteLate = db.Rows("DELETE FROM message_late {rows} WHERE message_late.account_id = :account_id AND message_late.id = :id",
	"account_id bigint", "id bigint")

// turn takes the shelf's next generation, unless another has.
func (d *draft) turn(tx *db.Tx, generation int64) error {
	n, err := tx.Exec(`INSERT INTO message_shelf (account_id, generation, last_id) VALUES ($1, CAST($2 AS bigint) + 1, $3)
		ON CONFLICT (account_id) DO UPDATE SET generation = excluded.generation,
			last_id = CASE WHEN message_shelf.last_id > excluded.last_id THEN message_shelf.last_id ELSE excluded.last_id END
		WHERE message_shelf.generation = $2`, d.account, generation, d.last)
	if err == nil && n == 0 {
		err = errOvertaken
	}
	d.generation = generation + 1
	return err
}

func (d *draft) putColumns(tx *db.Tx) error {
	var names []column.Name
	for name := range d.columns {
		names = append(names, name)
		d.Columns[name].Version = d.generation
	}
	err := tx.Each(insertColumn, len(names), func(i int, args []any) {
		args[0], args[1], args[2] = d.account, d.first, int64(names[i])
		args[3] = column.Encode(d.generation, d.columns[names[i]])
	})
	if err != nil {
		return err
	}
	summary, err := json.Marshal(d.Summary)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO message_block (account_id, first_id, last_id, generation, unsettled, check_ms, wait_ms, summary)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account_id, first_id) DO UPDATE SET generation = excluded.generation, unsettled = excluded.unsettled,
			check_ms = excluded.check_ms, wait_ms = excluded.wait_ms, summary = excluded.summary`,
		d.account, d.first, d.last, d.generation, int64(d.block.unsettled), d.checkMs, d.waitMs, summary)
	return err
}
