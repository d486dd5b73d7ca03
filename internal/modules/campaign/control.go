package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// pause stops a campaign between two batches. What is in the queue already waits there,
// and validity with it.
func (m *Module) pause(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	return m.change(ctx, c, p.ID, func(tx *db.Tx, b *Bulk) (int64, error) {
		return tx.Exec(`UPDATE campaign SET paused = 1 WHERE id = $1 AND state IN (1, 3, 4, 5) AND cancelled_ms IS NULL AND paused = 0`, b.ID)
	})
}

// resume goes on where the campaign was paused; validity of what was not released
// begins anew.
func (m *Module) resume(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	return m.change(ctx, c, p.ID, func(tx *db.Tx, b *Bulk) (int64, error) {
		tx.After(m.release.Wake)
		return tx.Exec(`UPDATE campaign SET paused = 0, valid_ms = CASE WHEN valid_ms < $2 THEN $2 ELSE valid_ms END
			WHERE id = $1 AND cancelled_ms IS NULL AND paused = 1`, b.ID, tx.Now())
	})
}

// cancel ends a campaign: nothing more is released, and a task withdraws and pays back
// what no carrier was given.
func (m *Module) cancel(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	task, err := m.Tasks.NextID(ctx)
	if err != nil {
		return nil, err
	}
	return m.change(ctx, c, p.ID, func(tx *db.Tx, b *Bulk) (int64, error) {
		cancelled, err := tx.Exec(`UPDATE campaign SET state = 5, cancelled_ms = $2 WHERE id = $1 AND state IN (1, 3, 4, 5) AND cancelled_ms IS NULL`,
			b.ID, tx.Now())
		if err != nil || cancelled == 0 {
			return 0, err
		}
		return 1, errors.Join(m.Moderate.Withdraw(tx, b.ID), m.endAll(tx, b.ID, task, message.Deleted))
	})
}

// change changes one row: code 2 where there is no such campaign, 10 where it is not
// in a state for that.
func (m *Module) change(ctx context.Context, c *api.Call, id int64, write func(tx *db.Tx, b *Bulk) (int64, error)) (any, error) {
	b, err := m.bulk(ctx, c, id)
	if err != nil {
		return nil, err
	}
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		changed, err := write(tx, b)
		if err == nil && changed == 0 {
			err = errState
		}
		return errors.Join(err, tx.Touch(Topic), once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, fmt.Errorf("change campaign %d: %w", id, err)
	}
	m.Snapshot.Refresh(ctx)
	return true, nil
}

// endArgs say what becomes of the messages of a campaign that nobody was sent.
type endArgs struct {
	CampaignID int64
	Status     message.Status // Deleted or Rejected
}

func (m *Module) endAll(tx *db.Tx, campaignID, task int64, status message.Status) error {
	var accountID int64
	if err := tx.One(`SELECT account_id FROM campaign WHERE id = $1`, []any{campaignID}, &accountID); err != nil {
		return err
	}
	return m.Tasks.Add(tx, task, tasks.Spec{AccountID: accountID, Kind: taskEnd, Args: endArgs{campaignID, status}})
}

// endStep is how far that is.
type endStep struct {
	ID   int64 // messages up to this one are done
	Done int
}

// end is the worker: it ends, chunk by chunk, the messages of a campaign that no
// carrier was given. Those that one was come to their ends as ever.
func (m *Module) end(ctx context.Context, task *tasks.Task) error {
	var args endArgs
	var step endStep
	_, err := task.Step(&step)
	if err := errors.Join(err, task.Args(&args)); err != nil {
		return err
	}
	for {
		ids, all, err := m.unended(ctx, args.CampaignID, step.ID)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return task.Finish(ctx, func(tx *db.Tx) error { return m.recount(tx, args.CampaignID) })
		}
		step = endStep{ids[len(ids)-1], step.Done + len(ids)}
		err = task.Advance(ctx, step, step.Done*99/max(1, all), func(tx *db.Tx) error { return m.endSome(tx, ids, args.Status) })
		if err != nil {
			return err
		}
	}
}

// unended reads the next chunk of a campaign's messages, and how many it has in all.
func (m *Module) unended(ctx context.Context, campaignID, after int64) (ids []int64, all int, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		if err := q.One(`SELECT messages FROM campaign WHERE id = $1`, []any{campaignID}, &all); err != nil {
			return err
		}
		ids, err = m.Messages.IDsOfCampaign(q, campaignID, after, addChunk)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("messages of campaign %d: %w", campaignID, err)
	}
	return ids, all, nil
}

func (m *Module) endSome(tx *db.Tx, ids []int64, status message.Status) error {
	unsent, err := m.Queue.Withdraw(tx, ids)
	if err != nil {
		return err
	}
	unreleased, err := m.Messages.Unreleased(tx, ids)
	if err != nil {
		return err
	}
	changes := make([]message.Change, 0, len(ids))
	for _, id := range append(unsent, unreleased...) {
		changes = append(changes, message.Change{ID: id, Status: status, AtMs: tx.Now()})
	}
	slices.SortFunc(changes, func(a, b message.Change) int { return cmp.Compare(a.ID, b.ID) })
	return m.Messages.Settle(tx, changes)
}
