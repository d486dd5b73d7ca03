package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

var errStopping = errors.New("the server is stopping")

// Stop ends the server in the order that loses nothing: not ready; after drain,
// callers are turned away; the window is answered or stop_timeout ends; unbind,
// commit, release, leave; short links lead on to the end, and the last clicks are written.
// When ctx ends, the waits end with it.
func (s *server) Stop(ctx context.Context) error {
	s.draining.Store(true)
	run.Pause(ctx, time.Duration(s.conf.Server.Drain))
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.conf.Server.StopTimeout))
	defer cancel()
	s.calls.end(ctx, time.Duration(s.conf.Server.StopTimeout)/2)
	errs := []error{s.services.Stop(ctx)}
	errs = append(errs, s.http.Shutdown(ctx))
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.lastClicks(ctx), s.db.Close())...)
}

// lastClicks writes those that came since the links' service stopped. For that there is a
// moment even when the time to stop is over.
func (s *server) lastClicks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return s.links.Flush(ctx)
}

// calls are the calls of the API that are under way. What they write must be written while
// this node still holds its lease, so a server that stops waits for them.
type calls struct {
	underWay sync.RWMutex // held for reading by each
	open     context.Context
	close    context.CancelFunc
}

func newCalls() *calls {
	c := &calls{}
	c.open, c.close = context.WithCancel(context.Background())
	return c
}

// Err is errStopping once no more calls are let in.
func (c *calls) Err() error {
	if c.open.Err() != nil {
		return errStopping
	}
	return nil
}

// serve passes on a call. One that comes too late is no call to wait for: the next handler
// turns it away by itself, since Err tells so before anybody waits. Who is still on the
// way with a body is not waited for either.
func (c *calls) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if c.underWay.TryRLock() {
		defer c.underWay.RUnlock()
	}
	if body, ok := r.Body.(*pacedBody); ok {
		stop := context.AfterFunc(c.open, func() { body.cut() })
		defer stop()
	}
	next.ServeHTTP(w, r)
}

// end lets no more calls in and waits for those under way, until ctx ends or for so long.
func (c *calls) end(ctx context.Context, patience time.Duration) {
	c.close()
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.underWay.Lock()
		defer c.underWay.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
