package tasks_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// stops is a stepwise worker's way to stop before a step until its life ends; reached
// hears of it.
func stops(at int, reached chan<- struct{}) func(context.Context, *tasks.Task, int) error {
	return func(ctx context.Context, _ *tasks.Task, next int) error {
		if next != at {
			return nil
		}
		reached <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
}

func TestATaskGoesOnFromItsLastStepAfterItsProcessDied(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		reached := make(chan struct{})
		died := w.begin(stepwise(9, stops(5, reached)))
		id := w.add(1, nil)
		<-reached
		if progress, s := w.status(id); progress != 44 || s != tasks.Running {
			t.Errorf("before the crash: %d %%, status %d", progress, s)
		}
		w.crash(died)

		first := make(chan int, 9)
		w.begin(stepwise(9, func(_ context.Context, _ *tasks.Task, next int) error { first <- next; return nil }))
		if got := w.row(id); got.epoch != died.node.Epoch() {
			t.Errorf("the dead node's task has epoch %d before it is adopted", got.epoch)
		}
		w.ok(w.tasks.Adopt(t.Context(), died.node.Epoch()))
		w.becomes(tasks.Done, id)
		if n := <-first; n != 5 {
			t.Errorf("the second life began with step %d", n)
		}
		w.wantSteps(id, 10)
	})
}

func TestStopLetsGoOfTasksSoThatTheNextLifeBeginsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		reached := make(chan struct{})
		stopped := w.begin(stepwise(3, stops(2, reached)))
		id := w.add(1, nil)
		<-reached
		w.end(stopped)
		w.begin(stepwise(3, straightOn))
		w.becomes(tasks.Done, id)
		w.wantSteps(id, 4)
		if got := w.row(id); got.tries != 0 || got.problem != "" {
			t.Errorf("an orderly stop counted as a failure: %+v", got)
		}
	})
}

func TestStopWaitsForWorkersNoLongerThanItMay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		goOn, begun := make(chan struct{}), make(chan struct{})
		l := w.begin(func(context.Context, *tasks.Task) error { begun <- struct{}{}; <-goOn; return nil })
		w.add(1, nil)
		<-begun
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.tasks.Stop(over); !errors.Is(err, context.Canceled) {
			t.Errorf("cut off: %v", err)
		}
		close(goOn)
	})
}

// TestAStolenTaskIsNotWrittenTo: whoever was given up for dead and is not writes nothing.
func TestAStolenTaskIsNotWrittenTo(t *testing.T) {
	ways := map[string]func(ctx context.Context, task *tasks.Task) error{
		"advance": func(ctx context.Context, task *tasks.Task) error { return task.Advance(ctx, 7, 70, notes(task, 7)) },
		"finish":  func(ctx context.Context, task *tasks.Task) error { return task.Finish(ctx, notes(task, 7)) },
		"reject":  func(ctx context.Context, task *tasks.Task) error { return task.Reject(ctx, "no", notes(task, 7)) },
		"fail":    func(context.Context, *tasks.Task) error { return errors.New("no luck") },
	}
	onBoth(t, func(t *testing.T, w *world) {
		for way, write := range ways {
			begun, stolen, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			old := w.begin(func(ctx context.Context, task *tasks.Task) error {
				begun <- struct{}{}
				<-stolen
				err := write(ctx, task)
				ended <- err
				return err
			}, func(c *tasks.Config) { c.AtOnce = 1 }) // so that it does not take it back
			id := w.add(1, nil)
			<-begun
			working := make(chan struct{})
			thief := w.begin(stepwise(1, stops(1, working)))
			w.ok(thief.tasks.Adopt(t.Context(), old.node.Epoch()))
			<-working
			before := w.row(id)
			close(stolen)
			if err := <-ended; way != "fail" && !errors.Is(err, tasks.ErrLost) {
				t.Errorf("%s: %v, want ErrLost", way, err)
			}
			w.end(old) // by then it has written what it would
			if now := w.row(id); now != before || len(w.steps(id)) > 0 {
				t.Errorf("%s: the row was %+v and is %+v, steps %v", way, before, now, w.steps(id))
			}
			w.forgetAll()
			w.end(thief)
		}
	})
}

// TestAStepIsNotRepeatedByAWorkerThatDoesNotKnowItWasDone: the answer to its commit may
// be lost.
func TestAStepIsNotRepeatedByAWorkerThatDoesNotKnowItWasDone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		again := make(chan error, 1)
		w.begin(stepwise(3, func(ctx context.Context, task *tasks.Task, next int) error {
			if next != 3 || len(again) > 0 {
				return nil
			}
			unaware := *task
			w.ok(task.Advance(ctx, 3, 90, notes(task, 3)))
			err := unaware.Advance(ctx, 3, 90, notes(task, 3))
			again <- err
			return err
		}))
		id := w.add(1, nil)
		awaitTries(w, func() bool { return len(again) > 0 }, id)
		if err := <-again; !errors.Is(err, tasks.ErrLost) {
			t.Errorf("the step's repetition: %v", err)
		}
		if tries := w.row(id).tries; tries != 0 {
			t.Errorf("it counts as %d failures", tries)
		}
		w.wantSteps(id, 4)
	})
}

// awaitTries lets the clock run until tasks are done.
func awaitTries(w *world, due func() bool, ids ...int64) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		if due() {
			w.passes(5 * time.Minute)
		}
		for _, id := range ids {
			if _, s := w.status(id); s != tasks.Done {
				return errors.New("not all tasks are done")
			}
		}
		return nil
	})
}

// mischief goes wrong in every way there is, a bounded number of times for each task.
type mischief struct {
	mu   sync.Mutex
	rand *rand.Rand
	left map[int64]int
}

func (m *mischief) draw(id int64) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.left[id]; !known {
		m.left[id] = tasks.TriesMost / 2
	}
	what := m.rand.IntN(12)
	if what > 3 || m.left[id] == 0 {
		return -1
	}
	m.left[id]--
	return what
}

func (m *mischief) work(ctx context.Context, task *tasks.Task, next int) error {
	failed := errors.New("mischief")
	switch m.draw(task.ID) {
	case 0:
		return failed
	case 1:
		panic(failed)
	case 2: // the step is taken back with what it wrote
		return task.Advance(ctx, next, 0, func(tx *db.Tx) error { return errors.Join(notes(task, next)(tx), failed) })
	case 3: // the step is committed, and the worker does not know
		if next <= steps {
			return errors.Join(task.Advance(ctx, next, 0, notes(task, next)), db.ErrUnavailable)
		}
	}
	return nil
}

// steps are those of a task in the model, but for the last.
const steps = 12

// TestEachStepIsDoneOnceWhateverHappens: workers fail in every way, two nodes share the
// tasks, die, and are given up for dead while they live.
func TestEachStepIsDoneOnceWhateverHappens(t *testing.T) {
	const accounts, each, deaths = 3, 4, 8
	seed := rand.Uint64()
	onBoth(t, func(t *testing.T, w *world) {
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		m := &mischief{rand: rand.New(rand.NewPCG(seed, 2)), left: map[int64]int{}}
		lives := []*life{w.begin(stepwise(steps, m.work)), w.begin(stepwise(steps, m.work))}
		owner, progress := map[int64]int64{}, map[int64]int{}
		for n := range int64(accounts * each) {
			owner[w.add(1+n%accounts, nil)] = 1 + n%accounts
		}
		died := 0
		testkit.Eventually(t, patience, func() error {
			w.passes(time.Duration(random.IntN(300)) * time.Second)
			if died < deaths {
				at, wasCrash := random.IntN(len(lives)), random.IntN(2) == 0
				old := lives[at]
				if wasCrash {
					w.crash(old)
					lives[at] = w.begin(stepwise(steps, m.work))
				}
				w.life = lives[at]
				w.ok(w.tasks.Adopt(t.Context(), old.node.Epoch()))
				died++
			}
			return allDone(w, owner, progress)
		})
		for id := range owner {
			w.wantSteps(id, steps+1)
		}
	})
}

var errNotDone = errors.New("not all tasks are done")

// allDone looks at every task; progress is what was seen before.
func allDone(w *world, owner map[int64]int64, progress map[int64]int) (err error) {
	w.t.Helper()
	for id, account := range owner {
		now, s, failed := w.tasks.Status(w.t.Context(), account, id)
		w.ok(failed)
		if now < progress[id] {
			w.t.Errorf("the progress of task %d fell from %d to %d", id, progress[id], now)
		}
		progress[id] = now
		if s == tasks.Rejected {
			w.t.Fatalf("task %d was rejected: %s", id, w.row(id).problem)
		}
		if s != tasks.Done {
			err = errNotDone
		}
	}
	return err
}
