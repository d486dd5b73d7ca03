package contactcard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
)

const (
	// sweepEvery is how soon cards begin to leave a group that was deleted.
	sweepEvery = time.Second
	// sweepChunk is how many leave in one transaction: each is two rows.
	sweepChunk = 250
)

// sweep takes the cards out of groups that were deleted.
func (m *Module) sweep(ctx context.Context) error {
	var groups []contactgroup.Group
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		groups, err = m.Groups.Deleted(q)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for deleted groups: %w", err)
	}
	for i := range groups {
		if err := m.empty(ctx, &groups[i]); err != nil {
			return fmt.Errorf("take the contacts out of group %d: %w", groups[i].ID, err)
		}
	}
	return nil
}

// empty takes all cards out of a group, chunk by chunk.
func (m *Module) empty(ctx context.Context, g *contactgroup.Group) error {
	for left := int64(sweepChunk); left == sweepChunk; {
		err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			left, err = m.leave(tx, g)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	// chunk are the group's first cards.
	chunk = `SELECT card_id FROM contact_member WHERE group_id = $1 ORDER BY card_id LIMIT $2`

	leaveGroup = `UPDATE contact_card SET in_groups = in_groups - 1 WHERE id IN (` + chunk + `) RETURNING in_groups`
	endMembers = `DELETE FROM contact_member WHERE group_id = $1 AND card_id IN (` + chunk + `)`
)

// leave takes a chunk of cards out of a group and tells how many that were.
func (m *Module) leave(tx *db.Tx, g *contactgroup.Group) (left int64, err error) {
	if err := lock(tx, g.AccountID); err != nil {
		return 0, err
	}
	left = 0
	var t totals
	err = tx.Query(leaveGroup, func(row db.Row) error {
		var groups int64
		err := row.Scan(&groups)
		if left++; groups == 0 {
			t.alone++
		}
		return err
	}, g.ID, int64(sweepChunk))
	if err != nil || left == 0 {
		return left, err
	}
	_, err = tx.Exec(endMembers, g.ID, int64(sweepChunk))
	return left, errors.Join(err, t.add(tx, g.AccountID),
		m.Groups.Count(tx, g.AccountID, []contactgroup.Move{{GroupID: g.ID, Cards: -left}}))
}
