package delivery

import (
	"context"
	"sync"
)

// retries holds what could not be written, until its loop tries again. It is
// bounded by the window slots that hang on it.
type retries struct {
	mu   sync.Mutex
	work []func()
}

func (r *retries) add(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work = append(r.work, f)
}

// run is the work of its loop.
func (r *retries) run(context.Context) error {
	r.mu.Lock()
	work := r.work
	r.work = nil
	r.mu.Unlock()
	for _, f := range work {
		f()
	}
	return nil
}
