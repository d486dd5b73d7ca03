package tasks

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
)

const (
	triesMost = 20 // failures after which a task is rejected
	waitLeast = time.Second
	waitMost  = 5 * time.Minute
	// waitForDB is how soon a task goes on that failed for the database's sake.
	waitForDB = waitLeast

	problemMost = 1000 // characters that are kept of a problem
)

var (
	errUnknownKind = errors.New("no worker for tasks of this kind")
	errUnended     = errors.New("the worker returned and the task has not ended")
)

// work is one try of a task, from its claim until the row says what became of it.
func (t *Tasks) work(task *Task) {
	defer t.claimer.Wake()
	defer func() { <-t.slots }()
	err := t.try(task)
	log := t.Logger.With("task", task.ID, "kind", task.kind, "account", task.AccountID)
	if err != nil && t.ctx.Err() == nil {
		log.Error("a task failed", "error", err)
	}
	if task.ended {
		return
	}
	for wait := waitLeast; ; wait = min(2*wait, waitMost) {
		unwritten := t.leave(task, err)
		if unwritten == nil {
			return
		}
		log.Error("a task could not be put off", "error", unwritten)
		if !run.Pause(t.ctx, wait) {
			return // the next life adopts it
		}
	}
}

// try calls the worker.
func (t *Tasks) try(task *Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the worker panicked: %v", p)
			t.Logger.Error("panic in a worker", "kind", task.kind, "stack", string(debug.Stack()))
		}
		err = errors.Join(err, task.closeFile())
	}()
	work := t.workers[task.kind]
	if work == nil {
		return errUnknownKind
	}
	if err := work(t.ctx, task); err != nil {
		return err
	}
	if !task.ended {
		return errUnended
	}
	return nil
}

// leave writes what became of a task that a try did not end. Where the row is somebody
// else's already, that is nothing.
func (t *Tasks) leave(task *Task, failure error) error {
	stopping := t.ctx.Err() != nil
	return t.DB.Write(context.WithoutCancel(t.ctx), db.Background, func(tx *db.Tx) error {
		switch {
		case stopping:
			_, err := tx.Exec(`UPDATE task SET epoch = 0 WHERE id = $1 AND epoch = $2`, task.ID, task.epoch)
			return err
		case db.Retryable(failure), errors.Is(failure, ErrLost):
			return task.putOff(tx, task.tries, waitForDB, failure)
		case task.tries+1 < triesMost:
			return task.putOff(tx, task.tries+1, waitAfter(task.tries+1), failure)
		default:
			return t.giveUp(tx, task, failure)
		}
	})
}

// waitAfter is the wait after so many failures: 1 s, 2 s, 4 s … 5 min.
func waitAfter(tries int) time.Duration { return min(waitLeast<<(tries-1), waitMost) }

// putOff has the next try begin some time later, on whichever node.
func (task *Task) putOff(tx *db.Tx, tries int, wait time.Duration, failure error) error {
	_, err := tx.Exec(`UPDATE task SET epoch = 0, tries = $3, due_ms = $4, problem = $5 WHERE id = $1 AND epoch = $2`,
		task.ID, task.epoch, tries, tx.Now()+wait.Milliseconds(), storable(failure.Error()))
	return err
}

// giveUp rejects a task whose worker failed too often.
func (t *Tasks) giveUp(tx *db.Tx, task *Task, failure error) error {
	held, err := tx.Exec(`UPDATE task SET `+finish+`, tries = $3 WHERE id = $1 AND epoch = $2`,
		task.ID, task.epoch, task.tries+1, Rejected, task.progress, storable(failure.Error()), tx.Now())
	if err != nil || held == 0 {
		return err
	}
	tx.After(t.sweeper.Wake)
	if told := t.givenUp[task.kind]; told != nil {
		return told(tx, task)
	}
	return nil
}

// storable is a problem's text as both engines take it, and not too long: it may quote
// anything.
func storable(problem string) string {
	text := []rune(strings.ToValidUTF8(strings.ReplaceAll(problem, "\x00", ""), "\uFFFD"))
	return string(text[:min(len(text), problemMost)])
}
