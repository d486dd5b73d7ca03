package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

const (
	sweepEvery = time.Minute
	sweepMost  = 500                 // rows removed in one transaction
	keepTask   = 30 * 24 * time.Hour // after its end
	keepFile   = time.Hour           // without a task
)

// sweep removes the files that no task needs any more, and tasks that ended long ago.
func (t *Tasks) sweep(ctx context.Context) error {
	useless, err := t.uselessFiles(ctx)
	if err != nil {
		return fmt.Errorf("look for files of finished tasks: %w", err)
	}
	for _, id := range useless {
		if err := t.removeParts(ctx, id); err != nil {
			return err
		}
	}
	return t.forget(ctx)
}

func (t *Tasks) uselessFiles(ctx context.Context) (ids []int64, err error) {
	err = t.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT f.task_id FROM task_file f LEFT JOIN task ON task.id = f.task_id
			WHERE f.part = 0 AND (task.finished_ms IS NOT NULL OR task.id IS NULL AND f.stored_ms < $1)`, func(rows db.Row) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, t.DB.Now()-keepFile.Milliseconds())
	})
	return ids, err
}

// forget removes the rows of tasks that ended long ago.
func (t *Tasks) forget(ctx context.Context) error {
	for removed := int64(sweepMost); removed == sweepMost; {
		err := t.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			removed, err = tx.Exec(`DELETE FROM task WHERE id IN (
				SELECT id FROM task WHERE finished_ms < $1 ORDER BY finished_ms LIMIT $2)`, tx.Now()-keepTask.Milliseconds(), sweepMost)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget finished tasks: %w", err)
		}
	}
	return nil
}
