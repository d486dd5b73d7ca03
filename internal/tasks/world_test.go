package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const patience = time.Minute

// kind is that of the tests' tasks.
const kind = "test"

// world is the service on a real database, with a clock that stands. Its table step_done
// is what the tests' workers write.
type world struct {
	t     *testing.T
	url   string
	clock *testkit.Clock
	site  *db.DB // the test's own way in, whoever lives
	*life
}

// life is one life of a process.
type life struct {
	db    *db.DB
	node  *db.Node
	tasks *tasks.Tasks
	stop  sync.Once
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := &world{t: t, url: url, clock: testkit.NewClock()}
		w.site = testkit.Open(t, url, w.clock)
		w.ok(w.site.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			_, err := tx.Exec(`CREATE TABLE step_done (task_id BIGINT, step BIGINT)`)
			return err
		}))
		test(t, w)
	})
}

// begin starts a life with a worker for the tests' kind. Lives may overlap, as nodes do.
func (w *world) begin(work tasks.Worker, change ...func(*tasks.Config)) *life {
	w.t.Helper()
	d, err := db.Open(w.t.Context(), w.url, db.Options{Logger: testkit.Logger(w.t), Clock: w.clock.Now})
	w.ok(err)
	l := &life{db: d, node: db.NewNode(d, "test", testkit.Logger(w.t))}
	config := tasks.Config{DB: d, Node: l.node, Logger: testkit.Logger(w.t), TempDir: w.t.TempDir()}
	for _, c := range change {
		c(&config)
	}
	l.tasks = tasks.New(config)
	l.tasks.Handle(kind, work)
	w.ok(l.node.Start(w.t.Context()))
	w.ok(l.tasks.Start(w.t.Context()))
	w.life = l
	w.t.Cleanup(func() { w.end(l) })
	return l
}

// end stops a life in order.
func (w *world) end(l *life) {
	w.t.Helper()
	l.stop.Do(func() {
		ctx := context.Background()
		if err := errors.Join(l.tasks.Stop(ctx), l.tasks.Stop(ctx), l.node.Stop(ctx), l.db.Close()); err != nil {
			w.t.Errorf("stop: %v", err)
		}
	})
}

// crash ends a life as the death of its process would: nothing is written any more.
func (w *world) crash(l *life) {
	w.t.Helper()
	l.stop.Do(func() {
		ctx := context.Background()
		w.ok(l.db.Close())
		_ = errors.Join(l.tasks.Stop(ctx), l.node.Stop(ctx))
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// add adds a task of the tests' kind.
func (w *world) add(account int64, args any) (id int64) {
	w.t.Helper()
	id, err := w.tasks.NextID(w.t.Context())
	w.ok(err)
	w.addAs(id, account, args)
	return id
}

func (w *world) addAs(id, account int64, args any) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		return w.tasks.Add(tx, id, tasks.Spec{AccountID: account, Kind: kind, Args: args})
	}))
}

// status is that of a task of account 1.
func (w *world) status(id int64) (progress int, s tasks.Status) {
	w.t.Helper()
	progress, s, err := w.tasks.Status(w.t.Context(), 1, id)
	w.ok(err)
	return progress, s
}

// becomes waits until tasks have a status.
func (w *world) becomes(want tasks.Status, ids ...int64) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		for _, id := range ids {
			if progress, s := w.status(id); s != want {
				return fmt.Errorf("task %d has status %d at %d %%, want status %d", id, s, progress, want)
			}
		}
		return nil
	})
}

// row is what the operator can see of a task.
type row struct {
	epoch, tries, dueMs int64
	problem             string
}

func (w *world) row(id int64) (r row) {
	w.t.Helper()
	w.ok(w.site.Read(w.t.Context(), func(q *db.Reader) error {
		return q.One(`SELECT epoch, tries, due_ms, problem FROM task WHERE id = $1`, []any{id}, &r.epoch, &r.tries, &r.dueMs, &r.problem)
	}))
	return r
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.ok(w.site.Read(w.t.Context(), func(q *db.Reader) error { return q.One(query, args, &n) }))
	return n
}

// steps are those that were done of a task, in their order.
func (w *world) steps(id int64) (done []int) {
	w.t.Helper()
	w.ok(w.site.Read(w.t.Context(), func(q *db.Reader) error {
		return q.Query(`SELECT step FROM step_done WHERE task_id = $1 ORDER BY step`, func(rows db.Row) error {
			var n int
			err := rows.Scan(&n)
			done = append(done, n)
			return err
		}, id)
	}))
	return done
}

// forgetAll removes all tasks, so that nobody goes on with them.
func (w *world) forgetAll() {
	w.t.Helper()
	w.ok(w.site.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM task`)
		return err
	}))
}

// passes moves the clock and looks for what is due.
func (w *world) passes(d time.Duration) {
	w.clock.Advance(d)
	w.tasks.Wake()
}

// notes writes that a step was done.
func notes(task *tasks.Task, n int) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO step_done (task_id, step) VALUES ($1, $2)`, task.ID, n)
		return err
	}
}

func nothing(*db.Tx) error { return nil }

// stepwise is a worker that does steps 1 to n; between is called before each, and before
// the end.
func stepwise(n int, between func(ctx context.Context, task *tasks.Task, next int) error) tasks.Worker {
	return func(ctx context.Context, task *tasks.Task) error {
		last := 0
		if _, err := task.Step(&last); err != nil {
			return err
		}
		for next := last + 1; next <= n; next++ {
			if err := between(ctx, task, next); err != nil {
				return err
			}
			if err := task.Advance(ctx, next, 100*next/n, notes(task, next)); err != nil {
				return err
			}
		}
		if err := between(ctx, task, n+1); err != nil {
			return err
		}
		return task.Finish(ctx, notes(task, n+1))
	}
}

func straightOn(context.Context, *tasks.Task, int) error { return nil }

// upTo is 1 to n.
func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

func (w *world) wantSteps(id int64, n int) {
	w.t.Helper()
	if got := w.steps(id); !slices.Equal(got, upTo(n)) {
		w.t.Errorf("task %d did steps %v, want 1 to %d once each", id, got, n)
	}
}
