package tasks

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// claimAll begins tasks as long as there are any and a worker is free.
func (t *Tasks) claimAll(ctx context.Context) error {
	for t.Node.Alive() && t.takeSlot() {
		task, err := t.claim(ctx)
		if err != nil {
			<-t.slots
			if errors.Is(err, db.ErrNotFound) {
				return nil
			}
			return fmt.Errorf("claim a task: %w", err)
		}
		t.turn = task.AccountID
		go t.work(task)
	}
	return nil
}

// takeSlot takes the place of a worker, if one is free.
func (t *Tasks) takeSlot() bool {
	select {
	case t.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// claim makes the next task this node's; db.ErrNotFound where nothing is due.
func (t *Tasks) claim(ctx context.Context) (*Task, error) {
	for {
		id, err := t.next(ctx)
		if err != nil {
			return nil, err
		}
		task, err := t.take(ctx, id)
		if !errors.Is(err, db.ErrNotFound) {
			return task, err
		}
		// Another node was quicker.
	}
}

const selectNext = `SELECT id FROM task WHERE finished_ms IS NULL AND epoch = 0 AND account_id > $1 AND due_ms <= $2
	ORDER BY account_id, due_ms, id LIMIT 1`

// next finds the task whose turn it is: one of the account after the last one.
func (t *Tasks) next(ctx context.Context) (id int64, err error) {
	err = t.DB.Read(ctx, func(q *db.Reader) error {
		err := q.One(selectNext, []any{t.turn, t.DB.Now()}, &id)
		if errors.Is(err, db.ErrNotFound) {
			err = q.One(selectNext, []any{0, t.DB.Now()}, &id)
		}
		return err
	})
	return id, err
}

// take claims a task; db.ErrNotFound where somebody else has it.
func (t *Tasks) take(ctx context.Context, id int64) (task *Task, err error) {
	err = t.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		task = &Task{ID: id, tasks: t, epoch: t.Node.Epoch()}
		return tx.One(`UPDATE task SET epoch = $1, status = $2 WHERE id = $3 AND epoch = 0 AND finished_ms IS NULL
			RETURNING account_id, kind, args, step, step_no, progress, tries`, []any{task.epoch, Running, id},
			&task.AccountID, &task.kind, &task.args, &task.step, &task.stepNo, &task.progress, &task.tries)
	})
	return task, err
}

// Adopt lets go of what a dead node, named by its epoch, worked on: its last steps are
// where others go on.
func (t *Tasks) Adopt(ctx context.Context, epoch int64) error {
	err := t.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE task SET epoch = 0 WHERE epoch = $1 AND finished_ms IS NULL`, epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("adopt the tasks of node %d: %w", epoch, err)
	}
	t.claimer.Wake()
	return nil
}
