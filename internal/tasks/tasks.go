// Package tasks does work in the background: imports, copies, whatever takes longer than
// a caller waits. A task is a row: who it is for, what is to be done, how far it is.
//
// # How a task is done
//
// Whoever wants work done adds the row in the transaction that the work follows from.
// Some node claims it by its epoch and calls the worker of its kind. The worker does the
// work in steps; each is one transaction that writes what the step does and how far the
// task is then ([Task.Advance]), so a step is done once or not at all. A worker that
// fails, and one whose process died, is followed by another try, which begins where the
// last step ended.
//
// The step is written only if the row is still this node's and no other step was written
// meanwhile. So a node that was given up for dead writes nothing more, and neither does a
// worker that repeats a step of which it does not know whether it was committed.
//
// # Whose turn it is
//
// A node does few tasks at a time, each in chunks on the background lane of the
// database. Accounts take turns; an account's own tasks are begun in the order in which
// they were added.
package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Status of a task. The numbers are stored and stand on the wire (contract §6).
type Status int64

const (
	Waiting  Status = 0
	Running  Status = 1 // begun, even where it waits for its next try
	Done     Status = 2
	Rejected Status = 3
)

const (
	ids = "task" // the series that tasks are numbered by

	defaultAtOnce = 2
	claimEvery    = time.Second // how soon a task is found that is due, or that another node left
)

// Config is what the service needs.
type Config struct {
	DB      *db.DB
	Node    *db.Node
	Logger  *slog.Logger
	TempDir string // for files that are being read; default os.TempDir
	AtOnce  int    // tasks that this node does at a time; default 2
}

// Worker does a task, or what is left of it. It ends with Task.Finish or Task.Reject;
// any other end, an error or a panic, is followed by another try some time later. It
// returns soon after ctx ends.
type Worker func(ctx context.Context, task *Task) error

// Tasks is the service. It is safe for concurrent use.
type Tasks struct {
	Config
	workers map[string]Worker
	givenUp map[string]func(*db.Tx, *Task) error

	claimer *run.Loop
	sweeper *run.Loop
	turn    int64         // the account that the last claim was for; the claimer's own
	slots   chan struct{} // holds one for each worker that runs
	ctx     context.Context
	cancel  context.CancelFunc
	ending  sync.Once
}

// New makes the service.
func New(c Config) *Tasks {
	t := &Tasks{Config: c, workers: map[string]Worker{}, givenUp: map[string]func(*db.Tx, *Task) error{}}
	t.claimer = run.NewLoop("tasks", claimEvery, c.Logger, t.claimAll)
	t.sweeper = run.NewLoop("finished tasks", sweepEvery, c.Logger, t.sweep)
	t.slots = make(chan struct{}, cmp.Or(c.AtOnce, defaultAtOnce))
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Handle names the worker of a kind of tasks. It is called before Start.
func (t *Tasks) Handle(kind string, w Worker) { t.workers[kind] = w }

// OnGivenUp has f called when a task of this kind is rejected because its worker failed
// too often, in the transaction that says so. It is called before Start.
func (t *Tasks) OnGivenUp(kind string, f func(tx *db.Tx, task *Task) error) { t.givenUp[kind] = f }

// Start begins to claim tasks.
func (t *Tasks) Start(ctx context.Context) error {
	if err := t.sweeper.Start(ctx); err != nil {
		return err
	}
	return t.claimer.Start(ctx)
}

// Stop ends the workers' context and waits for them. What they leave undone is nobody's
// then, and goes on in the next life or on another node.
func (t *Tasks) Stop(ctx context.Context) (err error) {
	t.ending.Do(func() { err = t.stop(ctx) })
	return err
}

func (t *Tasks) stop(ctx context.Context) error {
	t.cancel()
	if err := errors.Join(t.claimer.Stop(ctx), t.sweeper.Stop(ctx)); err != nil {
		return err
	}
	for range cap(t.slots) { // when all are ours, no worker runs
		select {
		case t.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("tasks are still running: %w", ctx.Err())
		}
	}
	return nil
}

// Wake looks at once for what has become due: the clock was moved.
func (t *Tasks) Wake() {
	t.claimer.Wake()
	t.sweeper.Wake()
}

// NextID gives the id of a task that is about to be added.
func (t *Tasks) NextID(ctx context.Context) (int64, error) { return t.DB.NextID(ctx, ids) }

// Spec says what is to be done.
type Spec struct {
	AccountID int64
	Kind      string
	Args      any // encoded as JSON, for Task.Args
}

// Add adds a task under an id from NextID. It may begin as soon as tx is committed.
func (t *Tasks) Add(tx *db.Tx, id int64, s Spec) error {
	args, err := json.Marshal(s.Args)
	if err != nil {
		return fmt.Errorf("arguments of a task of kind %s: %w", s.Kind, err)
	}
	_, err = tx.Exec(`INSERT INTO task (id, account_id, kind, args, step, step_no, progress, status, epoch, tries, due_ms, problem, created_ms)
		VALUES ($1, $2, $3, $4, '', 0, 0, $5, 0, 0, $6, '', $7)`, id, s.AccountID, s.Kind, string(args), Waiting, tx.Now(), tx.Now())
	if err != nil {
		return fmt.Errorf("add a task of kind %s: %w", s.Kind, err)
	}
	tx.After(t.claimer.Wake)
	return nil
}

// Status tells how far an account's task is; progress is 0–100. It fails with
// db.ErrNotFound where the account has no such task, or had it too long ago.
func (t *Tasks) Status(ctx context.Context, accountID, id int64) (progress int, status Status, err error) {
	err = t.DB.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT progress, status FROM task WHERE id = $1 AND account_id = $2`, []any{id, accountID}, &progress, &status)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("status of task %d: %w", id, err)
	}
	return progress, status, nil
}
