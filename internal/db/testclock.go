package db

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

const topicClock = "clock"

var (
	// ErrNoTestClock: the server goes by the machine's clock.
	ErrNoTestClock = errors.New("the server does not run with a test clock")
	// ErrBackInTime: a test clock was to be moved back.
	ErrBackInTime = errors.New("the test clock never goes back")
)

// TestClock is a clock ahead of the machine's. How far stands in the database, so
// that another process can advance it, and a restart does not turn it back. Its Now
// goes into the Options with which that database is opened.
type TestClock struct{ ahead atomic.Int64 } // milliseconds

// Now is the time on the clock.
func (c *TestClock) Now() time.Time {
	return time.Now().Add(time.Duration(c.ahead.Load()) * time.Millisecond)
}

// Enable notes in the database that its server goes by the clock, and sets the
// clock to where it stood the last time.
func (c *TestClock) Enable(ctx context.Context, d *DB) error {
	err := d.Write(ctx, Answers, func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO test_clock (id, offset_ms) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
		return err
	})
	if err != nil {
		return fmt.Errorf("set up the test clock: %w", err)
	}
	return c.load(ctx, d)
}

func (c *TestClock) load(ctx context.Context, d *DB) error {
	ahead, err := TestClockAhead(ctx, d)
	if err == nil {
		c.ahead.Store(ahead.Milliseconds())
	}
	return err
}

// Follow is the service that moves the clock when it was advanced, and then calls
// moved.
func (c *TestClock) Follow(d *DB, w *Watcher, moved func()) run.Service {
	loop := run.NewLoop("test clock", time.Minute, d.log, func(ctx context.Context) error {
		was := c.ahead.Load()
		err := c.load(ctx, d)
		if c.ahead.Load() != was {
			moved()
		}
		return err
	})
	w.On(topicClock, loop.Wake)
	return loop
}

// TestClockAhead tells how far the database's test clock is ahead of the machine's,
// or fails with ErrNoTestClock.
func TestClockAhead(ctx context.Context, d *DB) (time.Duration, error) {
	var ms int64
	err := d.Read(ctx, func(q *Reader) error {
		return q.One("SELECT offset_ms FROM test_clock WHERE id = 1", nil, &ms)
	})
	return time.Duration(ms) * time.Millisecond, noTestClock(err)
}

// AdvanceTestClock moves the database's test clock forward and tells how far it is
// ahead of the machine's then. The server follows within WatchInterval.
func AdvanceTestClock(ctx context.Context, d *DB, by time.Duration) (time.Duration, error) {
	if by < 0 {
		return 0, ErrBackInTime
	}
	var ms int64
	err := d.Write(ctx, Answers, func(tx *Tx) error {
		if err := tx.One("UPDATE test_clock SET offset_ms = offset_ms + CAST($1 AS bigint) WHERE id = 1 RETURNING offset_ms", []any{by.Milliseconds()}, &ms); err != nil {
			return err
		}
		return tx.Touch(topicClock)
	})
	return time.Duration(ms) * time.Millisecond, noTestClock(err)
}

// DisableTestClock notes that the database's server goes by the machine's clock.
// Where a test clock was advanced that would be back in time: ErrBackInTime.
func DisableTestClock(ctx context.Context, d *DB) error {
	ahead, err := TestClockAhead(ctx, d)
	switch {
	case errors.Is(err, ErrNoTestClock):
		return nil
	case err != nil:
		return err
	case ahead > 0:
		return fmt.Errorf("%w, and this database's is %s ahead", ErrBackInTime, ahead)
	}
	return d.Write(ctx, Answers, func(tx *Tx) error {
		_, err := tx.Exec("DELETE FROM test_clock")
		return err
	})
}

func noTestClock(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrNoTestClock
	}
	return err
}
