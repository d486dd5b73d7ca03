package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/house/leak"
)

// unprintable is the secret of all webhooks, and a part of their addresses: see
// process.finish.
const unprintable = leak.Marker

// receiver is a program that is told of events. It remembers what it is told, and what
// is not signed as it should be fails the test.
type receiver struct {
	t     *testing.T
	url   string
	delay time.Duration // before it answers; to be set before it is told anything
	ahead atomic.Int64  // its clock, in nanoseconds ahead of time.Now

	answer func(e *client.WebhookEvent) (status int)

	mu    sync.Mutex
	told  map[notice][]telling
	more  chan struct{} // closed by the next telling
	conns int
	quiet chan struct{} // closed while it has no connection
}

// notice is an event and who is to be told of it.
type notice struct{ webhook, event int64 }

// telling is an attempt, as its receiver knows it.
type telling struct {
	client.WebhookEvent
	contentType string
	status      int // that it was answered with
}

func (t telling) String() string { return fmt.Sprintf("%d→%d", t.Attempt, t.status) }

// newReceiver runs a receiver; answer gives the status of each answer, nil = 204.
func newReceiver(t *testing.T, answer func(e *client.WebhookEvent) (status int)) *receiver {
	if answer == nil {
		answer = func(*client.WebhookEvent) int { return http.StatusNoContent }
	}
	r := &receiver{t: t, answer: answer, told: map[notice][]telling{}, more: make(chan struct{}), quiet: make(chan struct{})}
	close(r.quiet)
	s := httptest.NewUnstartedServer(r)
	s.Config.ConnState = r.connected
	s.Start()
	t.Cleanup(s.Close)
	r.url = s.URL + "/reports?token=" + unprintable
	return r
}

// webhook makes a webhook with the secret that receivers know, and gives its id.
func (c caller) webhook(t *testing.T, url, format string) (id int64) {
	t.Helper()
	var made string
	c.call(t, 0, &made, "webhook/create", "data[eventType]", "sms-delivery-report",
		"data[url]", url, "data[format]", format, "data[secret]", unprintable)
	id, err := strconv.ParseInt(made, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// connected is a http.Server's ConnState.
func (r *receiver) connected(_ net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch state {
	case http.StateNew:
		if r.conns++; r.conns == 1 {
			r.quiet = make(chan struct{})
		}
	case http.StateClosed:
		if r.conns--; r.conns == 0 {
			close(r.quiet)
		}
	}
}

// awaitQuiet waits until all is heard that a killed server has posted.
func (r *receiver) awaitQuiet() {
	r.t.Helper()
	r.mu.Lock()
	quiet := r.quiet
	r.mu.Unlock()
	await(r.t, quiet, "quiet at the receiver")
}

func (r *receiver) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	e, err := client.ParseWebhook(req, unprintable, client.WithClock(r.now))
	if err != nil || req.Method != http.MethodPost {
		r.t.Errorf("the receiver got a %s: %v", req.Method, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status := r.answer(e)
	r.note(telling{*e, req.Header.Get("Content-Type"), status})
	select {
	case <-time.After(r.delay):
	case <-req.Context().Done():
	}
	w.WriteHeader(status)
}

func (r *receiver) note(t telling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what := notice{t.WebhookID, t.ID}
	r.told[what] = append(r.told[what], t)
	close(r.more)
	r.more = make(chan struct{})
}

// tellings are those of one event to one webhook, in the order in which they came.
func (r *receiver) tellings(what notice) []telling {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told[what]
}

// count is the number of notices that have come; more is closed when it is worth
// another look.
func (r *receiver) count() (n int, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.told), r.more
}

// awaitCount waits until so many notices have come.
func (r *receiver) awaitCount(want int) {
	r.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		n, more := r.count()
		if n >= want {
			return
		}
		select {
		case <-more:
		case <-timer.C:
			r.t.Fatalf("%d notices came, not %d", n, want)
		}
	}
}
