package campaign

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// The kinds of tasks.
const (
	taskFile   = "campaign.file"
	taskGroups = "campaign.groups"
	taskClear  = "campaign.clear"
	taskEnd    = "campaign.end"
)

// start holds a draft for a task and adds the task, in one transaction.
func (m *Module) start(ctx context.Context, c *api.Call, b *Bulk, kind string, args any, groups groupIDs, prepare func(task int64) error) (any, error) {
	task, err := m.Tasks.NextID(ctx)
	if err != nil {
		return nil, err
	}
	if err := prepare(task); err != nil {
		return nil, errors.Join(err, m.Tasks.Discard(context.WithoutCancel(ctx), task))
	}
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := hold(tx, b, -task, nil, groups); err != nil {
			return err
		}
		return errors.Join(m.Tasks.Add(tx, task, tasks.Spec{AccountID: b.AccountID, Kind: kind, Args: args}), once.Keep(tx, c, api.Background(task)))
	})
	if err != nil {
		return nil, errors.Join(err, m.Tasks.Discard(context.WithoutCancel(ctx), task))
	}
	return api.Background(task), nil
}

// work is a task that adds recipients to a campaign which it holds.
type work struct {
	*adder
	task *tasks.Task
}

// newWork finds the campaign and its account. The account is as it is now: prices and
// rules are those of the moment at which a recipient is added.
func (m *Module) newWork(ctx context.Context, task *tasks.Task, campaignID int64, missing text.Missing) (*work, error) {
	account, err := m.Users.Account(ctx, task.AccountID)
	if err != nil {
		return nil, err
	}
	var b *Bulk
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		b, err = find(q, task.AccountID, campaignID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("campaign %d: %w", campaignID, err)
	}
	a, err := m.newAdder(account.Public(), b, missing)
	if err != nil {
		return nil, err
	}
	return &work{a, task}, nil
}

// holder is how the task stands in the campaign that it holds.
func (w *work) holder() int64 { return -w.task.ID }

// add adds recipients, each part together with the step that it is: advance moves step
// behind them and gives the progress.
func (w *work) add(ctx context.Context, all []*recipient, step any, advance func(added []*recipient) (progress int)) error {
	if err := w.draftAll(ctx, all); err != nil {
		return err
	}
	for part := range w.parts(all) {
		progress := advance(part)
		err := w.task.Advance(ctx, step, progress, func(tx *db.Tx) error {
			return firstHolds(tx, w.campaign.ID, w.holder(), func(tx *db.Tx) error { return w.put(tx, part) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cleared is a step that knows whether what was there before is gone.
type cleared interface{ setCleared(bool) }

func (s *fileStep) setCleared(done bool)   { s.Cleared = done }
func (s *groupsStep) setCleared(done bool) { s.Cleared = done }

// clear removes what was added before.
func (w *work) clear(ctx context.Context, step cleared) error {
	advance := func(work func(*db.Tx) error) error {
		return w.task.Advance(ctx, step, 0, func(tx *db.Tx) error { return firstHolds(tx, w.campaign.ID, w.holder(), work) })
	}
	if err := w.m.removeAll(ctx, w.campaign, advance); err != nil {
		return err
	}
	step.setCleared(true)
	return advance(func(*db.Tx) error { return nil })
}

// finish ends the task and lets the campaign go.
func (w *work) finish(ctx context.Context) error {
	return w.task.Finish(ctx, func(tx *db.Tx) error { return letGo(tx, w.campaign.ID, w.holder()) })
}

// reject ends a task that can't be done: its file is damaged. Anything else is tried
// again.
func (w *work) reject(ctx context.Context, err error) error {
	if !damaged(err) || ctx.Err() != nil {
		return err
	}
	return w.task.Reject(ctx, err.Error(), func(tx *db.Tx) error { return letGo(tx, w.campaign.ID, w.holder()) })
}

// givenUp lets the campaign go of a task that failed too often.
func (m *Module) givenUp(tx *db.Tx, task *tasks.Task) error {
	var args struct{ CampaignID int64 }
	if err := task.Args(&args); err != nil {
		return err
	}
	return letGo(tx, args.CampaignID, -task.ID)
}

func damaged(err error) bool {
	return errors.As(err, new(*api.Error)) || unreadable(err)
}
