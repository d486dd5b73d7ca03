package db

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

// snapshotRetry is how soon a snapshot is read again when that failed.
const snapshotRetry = 5 * time.Second

// Snapshot is a small table in memory, read as a whole and followed: a change that
// touches its topic, by any process, is seen within a second. Get costs one atomic
// load. It is a run.Service.
type Snapshot[T any] struct {
	load    func(ctx context.Context) (*T, error)
	loop    *run.Loop
	stale   atomic.Bool
	reading sync.Mutex // of two reads the later one must be kept
	current atomic.Pointer[T]
}

// NewSnapshot makes a snapshot of what load reads; until it is started it is the
// zero T.
func NewSnapshot[T any](w *Watcher, topic string, log *slog.Logger, load func(ctx context.Context) (*T, error)) *Snapshot[T] {
	s := &Snapshot[T]{load: load}
	s.current.Store(new(T))
	s.stale.Store(true)
	s.loop = run.NewLoop("snapshot of "+topic, snapshotRetry, log, s.refresh)
	w.On(topic, s.Changed)
	return s
}

// Get is the table as it was last read. It must not be changed.
func (s *Snapshot[T]) Get() *T { return s.current.Load() }

// Start reads the table and returns.
func (s *Snapshot[T]) Start(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	return s.loop.Start(ctx)
}

// Stop ends the following of changes; what is known stays.
func (s *Snapshot[T]) Stop(ctx context.Context) error { return s.loop.Stop(ctx) }

// Changed has the table read again soon; the watcher calls it, and so may who just
// changed it.
func (s *Snapshot[T]) Changed() {
	s.stale.Store(true)
	s.loop.Wake()
}

// Refresh reads the table before it returns, so that who has just changed it finds
// that change in it. When that fails, it is read again soon.
func (s *Snapshot[T]) Refresh(ctx context.Context) {
	s.stale.Store(true)
	if s.refresh(ctx) != nil {
		s.loop.Wake()
	}
}

// refresh reads the table if it may have changed since the last time.
func (s *Snapshot[T]) refresh(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	if !s.stale.Swap(false) {
		return nil
	}
	fresh, err := s.load(ctx)
	if err != nil {
		s.stale.Store(true)
		return err
	}
	s.current.Store(fresh)
	return nil
}
