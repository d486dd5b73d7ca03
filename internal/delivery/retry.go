package delivery

import (
	"context"
	"log/slog"
	"sync"
)

// retries holds what could not be written, until its loop tries again. It is
// bounded by the window slots that hang on it.
type retries struct {
	log *slog.Logger

	mu   sync.Mutex
	work []func()
	last error
}

func (r *retries) add(err error, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work = append(r.work, f)
	r.last = err
}

// run is the work of its loop.
func (r *retries) run(context.Context) error {
	r.mu.Lock()
	work, last := r.work, r.last
	r.work = nil
	r.mu.Unlock()
	if len(work) > 0 {
		r.log.Error("answers or intents could not be written, trying again", "writes", len(work), "error", last)
	}
	for _, f := range work {
		f()
	}
	return nil
}
