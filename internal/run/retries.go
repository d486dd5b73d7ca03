package run

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// retryEvery is how soon what failed is tried again.
const retryEvery = 500 * time.Millisecond

// Retries is a Service that holds what could not be done, until it is tried again.
// Who adds bounds what is in there.
type Retries struct {
	*Loop
	what string // plural, for the log
	log  *slog.Logger

	mu   sync.Mutex
	work []func()
	last error
}

// NewRetries makes the service; what names in the log what is tried again.
func NewRetries(what string, log *slog.Logger) *Retries {
	r := &Retries{what: what, log: log}
	r.Loop = NewLoop("retry", retryEvery, log, r.try)
	return r
}

// Add has f called soon, since what it does failed with err. f adds itself again
// when it fails once more.
func (r *Retries) Add(err error, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work = append(r.work, f)
	r.last = err
}

func (r *Retries) try(context.Context) error {
	r.mu.Lock()
	work, last := r.work, r.last
	r.work = nil
	r.mu.Unlock()
	if len(work) > 0 {
		r.log.Error(r.what+" could not be written, trying again", "writes", len(work), "error", last)
	}
	for _, f := range work {
		f()
	}
	return nil
}
