package run

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Loop is a Service that does one piece of work every so often, and at once when
// it is woken. The work runs on one goroutine, never twice at a time; an error is
// logged and the loop goes on.
type Loop struct {
	name  string
	every time.Duration
	work  func(ctx context.Context) error
	log   *slog.Logger

	wake chan struct{}

	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}
}

// NewLoop makes a loop that calls work after each interval of every.
func NewLoop(name string, every time.Duration, log *slog.Logger, work func(ctx context.Context) error) *Loop {
	return &Loop{name: name, every: every, work: work, log: log, wake: make(chan struct{}, 1)}
}

// Start begins the loop; the first piece of work is done at once.
func (l *Loop) Start(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel, l.done = cancel, make(chan struct{})
	go l.run(ctx, l.done)
	return nil
}

// Stop cancels the work's context and waits for the loop to end.
func (l *Loop) Stop(ctx context.Context) error {
	l.mu.Lock()
	cancel, done := l.cancel, l.done
	l.cancel = nil
	l.mu.Unlock()
	if cancel == nil {
		return nil
	}
	cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Wake asks for a round of work now; it never blocks, and wakes during a round
// of work are folded into one more round.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Loop) run(ctx context.Context, done chan struct{}) {
	defer close(done)
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	for {
		if err := l.work(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("loop failed, will try again", "loop", l.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-l.wake:
		}
	}
}
