package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

// WatchInterval is how often a process looks for changes by others.
const WatchInterval = 250 * time.Millisecond

// Watcher tells caches that another process, or this one, changed what they hold:
// whoever changes it calls Touch in the same transaction.
type Watcher struct {
	db   *DB
	loop *run.Loop

	mu       sync.Mutex
	seen     map[string]int64
	watchers map[string][]func()
}

// NewWatcher makes a watcher; it is a run.Service.
func NewWatcher(d *DB) *Watcher {
	w := &Watcher{db: d, seen: map[string]int64{}, watchers: map[string][]func(){}}
	w.loop = run.NewLoop("watch", WatchInterval, d.log, w.Look)
	return w
}

// On calls changed, quickly, each time the named thing was touched.
func (w *Watcher) On(name string, changed func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchers[name] = append(w.watchers[name], changed)
}

// Start begins to look.
func (w *Watcher) Start(ctx context.Context) error {
	return errors.Join(w.Look(ctx), w.loop.Start(ctx))
}

// Stop ends it.
func (w *Watcher) Stop(ctx context.Context) error { return w.loop.Stop(ctx) }

// Look compares the versions once and calls whoever waits for those that grew.
func (w *Watcher) Look(ctx context.Context) error {
	versions := map[string]int64{}
	err := w.db.Read(ctx, func(q *Reader) error {
		return q.Query("SELECT name, version FROM version", func(rows Row) error {
			var name string
			var version int64
			err := rows.Scan(&name, &version)
			versions[name] = version
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("read the versions: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, version := range versions {
		if w.seen[name] == version {
			continue
		}
		w.seen[name] = version
		for _, changed := range w.watchers[name] {
			changed()
		}
	}
	return nil
}

// Touch notes in the transaction that the named thing changes with it.
func (tx *Tx) Touch(name string) error {
	_, err := tx.Exec(`INSERT INTO version (name, version) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET version = version.version + 1`, name)
	return err
}
