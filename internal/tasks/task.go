package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// ErrLost: the task is not this worker's any more, or was advanced by a step that the
// worker does not know of. Nothing was written; the worker returns.
var ErrLost = errors.New("the task was lost to another worker")

// Task is one try of a task, for its worker. It is not safe for concurrent use.
type Task struct {
	ID        int64
	AccountID int64

	tasks    *Tasks
	kind     string
	args     string
	step     string // "" = nothing is done yet
	stepNo   int64
	progress int
	tries    int
	epoch    int64
	spool    *os.File // nil = the task's file has not been asked for
	ended    bool     // finished or rejected
}

// Args decodes the arguments that the task was added with.
func (task *Task) Args(into any) error {
	if err := json.Unmarshal([]byte(task.args), into); err != nil {
		return fmt.Errorf("arguments of task %d: %w", task.ID, err)
	}
	return nil
}

// Step decodes the last step that was committed, in this try or an earlier one; false
// where there is none yet.
func (task *Task) Step(into any) (bool, error) {
	if task.step == "" {
		return false, nil
	}
	if err := json.Unmarshal([]byte(task.step), into); err != nil {
		return false, fmt.Errorf("step of task %d: %w", task.ID, err)
	}
	return true, nil
}

// Advance does one step, in one transaction on the background lane: write does the
// step's work, and step (kept as JSON) says how far the task is then. progress is 0–99
// and never falls. write may be called again after a transaction that failed, so what it
// notes it sets anew each time.
//
// It fails with ErrLost when the step is not this worker's to do. The task's row is
// locked before write is called, which takes its locks in the order of the house.
func (task *Task) Advance(ctx context.Context, step any, progress int, write func(tx *db.Tx) error) error {
	text, err := json.Marshal(step)
	if err != nil {
		return fmt.Errorf("step of task %d: %w", task.ID, err)
	}
	progress = max(task.progress, min(progress, 99))
	err = task.write(ctx, `step = $4, step_no = step_no + 1, progress = $5`, []any{string(text), progress}, write)
	if err == nil {
		task.step, task.progress = string(text), progress
		task.stepNo++
	}
	return err
}

// Finish does the last step, like Advance, and the task is done.
func (task *Task) Finish(ctx context.Context, write func(tx *db.Tx) error) error {
	return task.end(ctx, Done, 100, "", write)
}

// Reject ends the task for good, like Finish: it can't be done. The problem is kept for
// the operator and shown to nobody else; what the account is to know, write writes.
func (task *Task) Reject(ctx context.Context, problem string, write func(tx *db.Tx) error) error {
	return task.end(ctx, Rejected, task.progress, problem, write)
}

// finish is what Advance, Finish and Reject have in common with giving up.
const finish = `status = $4, progress = $5, problem = $6, finished_ms = $7, epoch = 0`

func (task *Task) end(ctx context.Context, status Status, progress int, problem string, write func(tx *db.Tx) error) error {
	args := []any{status, progress, storable(problem), task.tasks.DB.Now()}
	err := task.write(ctx, finish, args, func(tx *db.Tx) error {
		tx.After(task.tasks.sweeper.Wake)
		return write(tx)
	})
	task.ended = err == nil
	return err
}

// write changes the row, if it is still as this worker knows it, along with whatever
// write writes. Of set, the parameters begin at $4.
func (task *Task) write(ctx context.Context, set string, args []any, write func(tx *db.Tx) error) error {
	err := task.tasks.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		held, err := tx.Exec(`UPDATE task SET `+set+` WHERE id = $1 AND epoch = $2 AND step_no = $3 AND finished_ms IS NULL`,
			append([]any{task.ID, task.epoch, task.stepNo}, args...)...)
		if err != nil {
			return err
		}
		if held == 0 {
			return ErrLost
		}
		return write(tx)
	})
	if err != nil {
		return fmt.Errorf("task %d: %w", task.ID, err)
	}
	return nil
}
