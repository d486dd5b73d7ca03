package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// ticking is a process that goes by a test clock.
type ticking struct {
	*db.DB
	clock *db.TestClock
	moved chan struct{}
}

func startTicking(t *testing.T, url string) *ticking {
	t.Helper()
	testkit.Open(t, url, nil) // migrated
	c := &ticking{clock: &db.TestClock{}, moved: make(chan struct{}, 8)}
	d, err := db.Open(t.Context(), url, db.Options{Logger: testkit.Logger(t), Clock: c.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	c.DB = d
	if err := c.clock.Enable(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	w := db.NewWatcher(d)
	follow := c.clock.Follow(d, w, func() { c.moved <- struct{}{} })
	if err := errors.Join(follow.Start(t.Context()), w.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(w.Stop(context.Background()), follow.Stop(context.Background())) })
	return c
}

func (c *ticking) ahead() time.Duration { return time.Until(c.Time()).Round(time.Minute) }

func TestTheTestClockFollowsAnotherProcess(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		here, there := startTicking(t, url), testkit.Open(t, url, nil)
		for i := 1; i <= 2; i++ {
			if by, err := db.AdvanceTestClock(t.Context(), there, 2*time.Hour); err != nil || by != time.Duration(i)*2*time.Hour {
				t.Fatalf("ahead by %s, %v", by, err)
			}
			select {
			case <-here.moved:
			case <-time.After(time.Second):
				t.Fatal("not told within a second")
			}
			if by := here.ahead(); by != time.Duration(i)*2*time.Hour {
				t.Errorf("the database's clock is %s ahead", by)
			}
		}
		if by := startTicking(t, url).ahead(); by != 4*time.Hour {
			t.Errorf("after a restart the clock is %s ahead", by)
		}
	})
}

func TestTheTestClockNeverGoesBack(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		d := testkit.Open(t, url, nil)
		if _, err := db.AdvanceTestClock(t.Context(), d, time.Hour); !errors.Is(err, db.ErrNoTestClock) {
			t.Errorf("without a test clock: %v", err)
		}
		startTicking(t, url)
		if err := db.DisableTestClock(t.Context(), d); err != nil {
			t.Errorf("a clock that was never moved: %v", err)
		}
		if _, err := db.TestClockAhead(t.Context(), d); !errors.Is(err, db.ErrNoTestClock) {
			t.Errorf("disabled: %v", err)
		}
		startTicking(t, url)
		if _, err := db.AdvanceTestClock(t.Context(), d, -time.Second); !errors.Is(err, db.ErrBackInTime) {
			t.Errorf("turned back: %v", err)
		}
		if _, err := db.AdvanceTestClock(t.Context(), d, time.Second); err != nil {
			t.Fatal(err)
		}
		if err := db.DisableTestClock(t.Context(), d); !errors.Is(err, db.ErrBackInTime) {
			t.Errorf("back to the machine's clock: %v", err)
		}
	})
}

// TestAnAdvanceEndsNoLeaseOfOnesOwn: the lease's end in the database lies in the past
// then, until it is renewed, and a node must not bury itself.
func TestAnAdvanceEndsNoLeaseOfOnesOwn(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		here := startTicking(t, url)
		n := db.NewNode(here.DB, "here", testkit.Logger(t))
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer n.Stop(context.Background())
		if _, err := db.AdvanceTestClock(t.Context(), here.DB, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		<-here.moved
		if dead, err := n.Bury(t.Context()); err != nil || len(dead) > 0 || !n.Alive() {
			t.Errorf("buried %v, %v; alive %v", dead, err, n.Alive())
		}
		testkit.Eventually(t, 5*time.Second, func() error {
			var until int64
			err := here.Read(t.Context(), func(q *db.Reader) error {
				return q.One("SELECT lease_until_ms FROM node WHERE epoch = $1", []any{n.Epoch()}, &until)
			})
			if err == nil && until < here.Now() {
				err = errors.New("the lease was not renewed")
			}
			return err
		})
	})
}
