package tasks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// content is a file of so many bytes that are not all alike.
func content(n int) []byte {
	var seed [32]byte
	all := make([]byte, n)
	_, _ = rand.NewChaCha8(seed).Read(all) // it never fails
	return all
}

// store stores a file for a task that is not added yet.
func (w *world) store(all []byte) (id int64) {
	w.t.Helper()
	id, err := w.tasks.NextID(w.t.Context())
	w.ok(err)
	w.ok(w.tasks.Store(w.t.Context(), id, iotest.HalfReader(bytes.NewReader(all))))
	return id
}

func (w *world) parts(id int64) int {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM task_file WHERE task_id = $1`, id)
}

// reads is a worker that reads its file twice and finishes.
func reads(into *[]byte) tasks.Worker {
	return func(ctx context.Context, task *tasks.Task) error {
		for range 2 {
			f, err := task.File(ctx)
			if err != nil {
				return err
			}
			if *into, err = io.ReadAll(f); err != nil {
				return err
			}
		}
		return task.Finish(ctx, nothing)
	}
}

func TestAFileComesThroughACrashAsItWas(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, size := range []int{0, 1, tasks.PartBytes, 4 * tasks.PartBytes, 3<<20 + 17} {
			reached := make(chan struct{})
			died := w.begin(func(ctx context.Context, task *tasks.Task) error {
				if _, err := task.File(ctx); err != nil {
					return err
				}
				reached <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			})
			all := content(size)
			id := w.store(all)
			w.addAs(id, 1, nil)
			<-reached
			w.crash(died)
			var got []byte
			next := w.begin(reads(&got))
			w.ok(w.tasks.Adopt(t.Context(), died.node.Epoch()))
			w.becomes(tasks.Done, id)
			if !bytes.Equal(got, all) {
				t.Errorf("%d bytes, want the %d that were stored", len(got), len(all))
			}
			testkit.Eventually(t, patience, func() error {
				if n := w.parts(id); n > 0 {
					return fmt.Errorf("%d parts of a finished task's file are left", n)
				}
				return nil
			})
			w.end(next)
		}
	})
}

func TestATaskWithoutAFileHasNone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		dir := t.TempDir()
		got := make(chan error, 1)
		w.begin(func(ctx context.Context, task *tasks.Task) error {
			_, err := task.File(ctx)
			got <- err
			return task.Finish(ctx, nothing)
		}, func(c *tasks.Config) { c.TempDir = dir })
		w.becomes(tasks.Done, w.add(1, nil))
		if err := <-got; !errors.Is(err, tasks.ErrNoFile) {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left on disk: %v, %v", left, err)
		}
	})
}

func TestWhatCanNotBeReadIsNotStoredAsAFile(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin(stepwise(1, straightOn))
		id, err := w.tasks.NextID(t.Context())
		w.ok(err)
		failed := errors.New("the disk is gone")
		half := io.MultiReader(bytes.NewReader(content(5*tasks.PartBytes)), iotest.ErrReader(failed))
		if err := w.tasks.Store(t.Context(), id, half); !errors.Is(err, failed) {
			t.Errorf("stored half a file: %v", err)
		}
		w.ok(w.tasks.Discard(t.Context(), id))
		if n := w.parts(id); n != 0 {
			t.Errorf("%d parts are left", n)
		}
	})
}

// TestOnlyUselessFilesAreSweptUp: those of tasks that have not ended stay, however old.
func TestOnlyUselessFilesAreSweptUp(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		reached := make(chan struct{}, 1)
		w.begin(stepwise(1, stops(1, reached)))
		open, orphan := w.store(content(9*tasks.PartBytes)), w.store(content(9*tasks.PartBytes))
		w.addAs(open, 1, nil)
		<-reached
		w.clock.Advance(time.Hour)
		fresh := w.store(content(10))
		w.ok(w.tasks.Sweep(t.Context()))
		if w.parts(orphan) != 9 {
			t.Error("a file was removed within the hour")
		}
		w.clock.Advance(time.Millisecond)
		w.ok(w.tasks.Sweep(t.Context()))
		if a, b, c := w.parts(open), w.parts(orphan), w.parts(fresh); a != 9 || b != 0 || c != 1 {
			t.Errorf("parts left: of an open task %d, an old orphan %d, a fresh one %d", a, b, c)
		}
	})
}

func TestTasksAreForgottenThirtyDaysAfterTheirEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		reached := make(chan struct{}, 1)
		w.begin(stepwise(1, stops(1, reached)))
		running := w.add(1, nil)
		<-reached
		const finished = 2*tasks.SweepMost + 1
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			for n := range finished {
				if _, err := tx.Exec(`INSERT INTO task (id, account_id, kind, args, step, step_no, progress, status, epoch, tries, due_ms, problem, created_ms, finished_ms)
					VALUES ($1, 1, '', '', '', 0, 100, 2, 0, 0, 0, '', 0, $2)`, 1_000_000+n, tx.Now()); err != nil {
					return err
				}
			}
			return nil
		}))
		w.clock.Advance(30 * 24 * time.Hour)
		w.ok(w.tasks.Sweep(t.Context()))
		if n := w.count(`SELECT count(*) FROM task`); n != finished+1 {
			t.Errorf("%d tasks are left on the thirtieth day", n)
		}
		w.clock.Advance(time.Millisecond)
		w.ok(w.tasks.Sweep(t.Context()))
		if n := w.count(`SELECT count(*) FROM task`); n != 1 || w.count(`SELECT count(*) FROM task WHERE id = $1`, running) != 1 {
			t.Errorf("%d tasks are left, want the one that runs", n)
		}
	})
}
