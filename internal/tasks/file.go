package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/heliograph-sms/heliograph/internal/db"
)

const (
	partBytes  = 256 << 10
	partsAtOne = 2 // in one transaction or read: some 10 ms
)

// ErrNoFile: nothing was stored for this task.
var ErrNoFile = errors.New("the task has no file")

var insertPart = db.Rows(`INSERT INTO task_file (task_id, part, stored_ms, content) SELECT :task_id, :part, :stored_ms, :content {rows}`,
	"task_id bigint", "part bigint", "stored_ms bigint", "content bytea")

// Store keeps a file in the database for a task that is about to be added: any node can
// do the work then. What is stored for a task that is not added within an hour goes.
func (t *Tasks) Store(ctx context.Context, taskID int64, r io.Reader) error {
	buffer := make([]byte, partsAtOne*partBytes)
	for part := 0; ; part += partsAtOne {
		n, err := io.ReadFull(r, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("read the file of task %d: %w", taskID, err)
		}
		if n > 0 || part == 0 { // an empty file is a file
			if err := t.storeParts(ctx, taskID, part, buffer[:n]); err != nil {
				return fmt.Errorf("store the file of task %d: %w", taskID, err)
			}
		}
		if last {
			return nil
		}
	}
}

// storeParts stores the parts from first on. Its lane is that of answers: a caller waits.
func (t *Tasks) storeParts(ctx context.Context, taskID int64, first int, content []byte) error {
	parts := max(1, (len(content)+partBytes-1)/partBytes)
	return t.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		return tx.Each(insertPart, parts, func(i int, args []any) {
			args[0], args[1], args[2] = taskID, first+i, tx.Now()
			args[3] = content[i*partBytes : min((i+1)*partBytes, len(content))]
		})
	})
}

// Discard removes what was stored for a task that will not be added.
func (t *Tasks) Discard(ctx context.Context, taskID int64) error { return t.removeParts(ctx, taskID) }

// removeParts removes a task's file from its end, so that while there is any of it there
// is its first part.
func (t *Tasks) removeParts(ctx context.Context, taskID int64) error {
	for removed := int64(partsAtOne); removed == partsAtOne; {
		err := t.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			removed, err = tx.Exec(`DELETE FROM task_file WHERE task_id = $1 AND part IN (
				SELECT part FROM task_file WHERE task_id = $1 ORDER BY part DESC LIMIT $2)`, taskID, partsAtOne)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove the file of task %d: %w", taskID, err)
		}
	}
	return nil
}

// File is the task's file, at its beginning, until the worker returns; ErrNoFile where
// there is none. It is a copy on this machine's disk without a name, which goes with the
// process whatever becomes of that.
func (task *Task) File(ctx context.Context) (*os.File, error) {
	if task.spool != nil {
		_, err := task.spool.Seek(0, io.SeekStart)
		return task.spool, err
	}
	f, err := task.tasks.nameless()
	if err == nil {
		task.spool = f
		err = task.fetch(ctx, f)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("file of task %d: %w", task.ID, errors.Join(err, task.closeFile()))
	}
	return f, nil
}

// nameless makes a temporary file that is in no folder.
func (t *Tasks) nameless() (*os.File, error) {
	f, err := os.CreateTemp(t.TempDir, "heliograph-task-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// fetch copies the task's file from the database.
func (task *Task) fetch(ctx context.Context, to io.Writer) error {
	part := 0
	for last := false; !last; {
		first := part
		err := task.tasks.DB.Read(ctx, func(q *db.Reader) error {
			return q.Query(`SELECT content FROM task_file WHERE task_id = $1 AND part >= $2 ORDER BY part LIMIT $3`, func(rows db.Row) error {
				var content []byte
				if err := rows.Scan(&content); err != nil {
					return err
				}
				part++
				_, err := to.Write(content)
				return err
			}, task.ID, first, partsAtOne)
		})
		if err != nil {
			return err
		}
		last = part < first+partsAtOne
	}
	if part == 0 {
		return ErrNoFile
	}
	return nil
}

func (task *Task) closeFile() error {
	if task.spool == nil {
		return nil
	}
	f := task.spool
	task.spool = nil
	return f.Close()
}
