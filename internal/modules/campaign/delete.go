package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

type idParams struct {
	ID int64 `param:"id,required" doc:"Id of the campaign."`
}

// deferredAtLeast is how long before its time a deferred campaign can still be deleted.
const deferredAtLeast = 5 * time.Minute

// delete flips one row and pays back what was charged; a task removes the messages.
func (m *Module) delete(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	b, err := m.bulk(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	task, err := m.Tasks.NextID(ctx)
	if err != nil {
		return nil, err
	}
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := m.repayAll(tx, b); err != nil {
			return err
		}
		deleted, err := tx.Exec(`UPDATE campaign SET deleted_ms = $3 WHERE id = $1 AND state = $2 AND adding = 0 AND deleted_ms IS NULL`,
			b.ID, int64(b.State), tx.Now())
		if err != nil {
			return err
		}
		if deleted == 0 || !b.deletable(tx.Now()) {
			return errState
		}
		if err := m.Moderate.Withdraw(tx, b.ID); err != nil {
			return err
		}
		return errors.Join(m.Tasks.Add(tx, task, tasks.Spec{AccountID: b.AccountID, Kind: taskClear, Args: clearArgs{b.ID}}), once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, fmt.Errorf("delete campaign %d: %w", b.ID, err)
	}
	return true, nil
}

// deletable tells whether nothing of the campaign is being sent, nor soon will be.
func (b *Bulk) deletable(now int64) bool {
	switch b.State {
	case Draft, Waiting:
		return true
	case Ready:
		return b.DeferredMs-now >= deferredAtLeast.Milliseconds()
	default:
		return false
	}
}

// repayAll gives back what campaign/send charged.
func (m *Module) repayAll(tx *db.Tx, b *Bulk) error {
	if b.State == Draft {
		return nil
	}
	return m.Users.Repay(tx, []user.Repayment{{AccountID: b.AccountID, MessageID: b.ID, Messages: b.Messages, Amount: b.Cost}})
}
