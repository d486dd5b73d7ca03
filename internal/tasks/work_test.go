package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestAWorkerHasTheArgumentsOfItsTask(t *testing.T) {
	type args struct {
		Name string
		IDs  []int64
	}
	onBoth(t, func(t *testing.T, w *world) {
		got := make(chan args, 1)
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			var a args
			err := task.Args(&a)
			got <- a
			return errors.Join(err, task.Finish(ctx, nothing))
		})
		id := w.add(1, args{"\x00 é ' <&>", []int64{1, 1 << 60}})
		w.becomes(tasks.Done, id)
		if a := <-got; a.Name != "\x00 é ' <&>" || !slices.Equal(a.IDs, []int64{1, 1 << 60}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestATaskIsAddedWithItsTransactionOrNot(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin(stepwise(1, straightOn))
		id, err := w.tasks.NextID(t.Context())
		w.ok(err)
		failed := errors.New("no")
		err = w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			return errors.Join(w.tasks.Add(tx, id, tasks.Spec{AccountID: 1, Kind: kind}), failed)
		})
		if _, _, missing := w.tasks.Status(t.Context(), 1, id); !errors.Is(err, failed) || !errors.Is(missing, db.ErrNotFound) {
			t.Errorf("%v, %v", err, missing)
		}
	})
}

func TestATaskIsNobodyElses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin(stepwise(1, straightOn))
		id := w.add(1, nil)
		for _, who := range [][2]int64{{2, id}, {1, id + 1}} {
			if _, _, err := w.tasks.Status(t.Context(), who[0], who[1]); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("account %d, task %d: %v", who[0], who[1], err)
			}
		}
	})
}

func TestProgressNeverFallsAndIs100OnlyAtTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var seen []int
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			for step, progress := range []int{50, 30, 51, -1, 100, 1000} {
				w.ok(task.Advance(ctx, step, progress, nothing))
				now, _ := w.status(task.ID)
				seen = append(seen, now)
			}
			return task.Finish(ctx, nothing)
		})
		id := w.add(1, nil)
		w.becomes(tasks.Done, id)
		if want := []int{50, 50, 51, 51, 99, 99}; !slices.Equal(seen, want) {
			t.Errorf("progress %v, want %v", seen, want)
		}
		if progress, _ := w.status(id); progress != 100 {
			t.Errorf("done at %d %%", progress)
		}
	})
}

// failing counts its tries and fails at each.
type failing struct {
	err   error
	tries chan struct{}
}

func (f failing) work(context.Context, *tasks.Task) error {
	f.tries <- struct{}{}
	if f.err == nil {
		panic("no luck")
	}
	return f.err
}

// failed waits until a task is nobody's again, after so many failures.
func (w *world) failed(id, tries int64) (r row) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		if r = w.row(id); r.epoch != 0 || r.tries != tries {
			return fmt.Errorf("%+v, want %d tries", r, tries)
		}
		return nil
	})
	return r
}

// TestAFailingTaskIsTriedAgainAtGrowingWaitsAndRejectedAtLast, and its owner is told once,
// in the same transaction.
func TestAFailingTaskIsTriedAgainAtGrowingWaitsAndRejectedAtLast(t *testing.T) {
	failures := map[string]error{"error": errors.New("no luck \x00\xff" + strings.Repeat("é", 2000)), "panic": nil}
	onBoth(t, func(t *testing.T, w *world) {
		for name, failure := range failures {
			f := failing{failure, make(chan struct{}, tasks.TriesMost+1)}
			l := w.begin(f.work)
			l.tasks.OnGivenUp(kind, func(tx *db.Tx, task *tasks.Task) error { return notes(task, 1)(tx) })
			id := w.add(1, nil)
			wait := time.Second
			for n := int64(1); n < tasks.TriesMost; n++ {
				r := w.failed(id, n)
				if due := time.Duration(r.dueMs-w.clock.Now().UnixMilli()) * time.Millisecond; due != wait || !strings.Contains(r.problem, "no luck") {
					t.Fatalf("%s: after failure %d due in %s, want %s: %.80q", name, n, due, wait, r.problem)
				}
				if _, s := w.status(id); s != tasks.Running || len(w.steps(id)) > 0 {
					t.Fatalf("%s: after failure %d status %d", name, n, s)
				}
				w.passes(wait)
				wait = min(2*wait, 5*time.Minute)
			}
			w.becomes(tasks.Rejected, id)
			w.passes(time.Hour)
			w.end(l)
			if r := w.row(id); len(f.tries) != tasks.TriesMost || r.tries != tasks.TriesMost || !strings.Contains(r.problem, "no luck") {
				t.Errorf("%s: %d tries: %+v", name, len(f.tries), r)
			}
			w.wantSteps(id, 1)
		}
	})
}

func TestADatabaseThatIsAwayIsNobodysFault(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		f := failing{fmt.Errorf("read: %w", db.ErrUnavailable), make(chan struct{}, 1)}
		w.begin(f.work)
		id := w.add(1, nil)
		for range tasks.TriesMost + 2 {
			testkit.Eventually(t, patience, func() error {
				w.passes(time.Second)
				select {
				case <-f.tries:
					return nil
				default:
					return errors.New("no try")
				}
			})
		}
		if r := w.failed(id, 0); r.problem == "" {
			t.Errorf("%+v", r)
		}
	})
}

func TestWhatCanNotBeDoneCountsAsAFailure(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin(func(context.Context, *tasks.Task) error { return nil }) // without an end
		unended := w.add(1, nil)
		w.failed(unended, 1)
		id, err := w.tasks.NextID(t.Context())
		w.ok(err)
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			return w.tasks.Add(tx, id, tasks.Spec{AccountID: 1, Kind: "unheard of"})
		}))
		w.failed(id, 1)
	})
}

func TestARejectedTaskStaysSoAndItsProblemIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		tries := make(chan struct{}, 2)
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			tries <- struct{}{}
			return errors.Join(task.Advance(ctx, 1, 40, nothing), task.Reject(ctx, "the file is no table", notes(task, 1)))
		})
		id := w.add(1, nil)
		w.becomes(tasks.Rejected, id)
		w.passes(time.Hour)
		other := w.add(1, nil)
		w.becomes(tasks.Rejected, other)
		if progress, _ := w.status(id); progress != 40 || w.row(id).problem != "the file is no table" || len(tries) != 2 {
			t.Errorf("%d %%, %+v, %d tries of two tasks", progress, w.row(id), len(tries))
		}
		w.wantSteps(id, 1)
	})
}

func TestAStepThatFailsIsTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			failed := errors.New("no")
			err := task.Advance(ctx, 1, 50, func(tx *db.Tx) error { return errors.Join(notes(task, 1)(tx), failed) })
			if was, _ := task.Step(new(int)); !errors.Is(err, failed) || was {
				t.Errorf("%v, a step: %v", err, was)
			}
			return task.Finish(ctx, nothing)
		})
		id := w.add(1, nil)
		w.becomes(tasks.Done, id)
		w.wantSteps(id, 0)
	})
}

// TestAccountsTakeTurns: one that adds many tasks delays another's by one.
func TestAccountsTakeTurns(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var order []int64
		begun, goOn := make(chan struct{}, 8), make(chan struct{})
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			begun <- struct{}{}
			<-goOn
			mu.Lock()
			order = append(order, task.AccountID)
			mu.Unlock()
			return task.Finish(ctx, nothing)
		}, func(c *tasks.Config) { c.AtOnce = 1 })
		w.add(2, nil)
		<-begun // the others wait meanwhile
		for _, account := range []int64{2, 2, 2, 1, 3, 3, 1} {
			w.add(account, nil)
		}
		close(goOn)
		testkit.Eventually(t, patience, func() error {
			if n := w.count(`SELECT count(*) FROM task WHERE status <> $1`, tasks.Done); n > 0 {
				return fmt.Errorf("%d tasks are not done", n)
			}
			return nil
		})
		if want := []int64{2, 3, 1, 2, 3, 1, 2, 2}; !slices.Equal(order, want) {
			t.Errorf("turns %v, want %v", order, want)
		}
	})
}

func TestANodeDoesNoMoreTasksAtATimeThanItMay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		begun, goOn := make(chan struct{}, 5), make(chan struct{})
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			begun <- struct{}{}
			<-goOn
			return task.Finish(ctx, nothing)
		})
		var all []int64
		for range 5 {
			all = append(all, w.add(1, nil))
		}
		<-begun
		<-begun
		if n := w.count(`SELECT count(*) FROM task WHERE epoch <> 0`); n != 2 || len(begun) > 0 {
			t.Errorf("%d tasks are claimed", n)
		}
		close(goOn)
		w.becomes(tasks.Done, all...)
	})
}
