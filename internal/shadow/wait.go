package shadow

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// slowest is how many bytes of a body the upstream must take or give in a second, on
// average, once it has used up the wait that is granted to it.
const slowest = 32 << 10

// A wait is how long the upstream may keep a call waiting. It runs while it is the
// upstream's turn alone, and comes back with what the upstream takes or gives: so nobody
// is held for ever, be it by a body that trickles or by one that is not taken. When it is
// over the call is cut.
type wait struct {
	whole time.Duration
	cut   func()

	mu      sync.Mutex
	left    time.Duration
	since   time.Time   // the upstream's turn began
	timer   *time.Timer // nil = it is another's turn
	stopped bool
	over    bool
}

func newWait(whole time.Duration, cut func()) *wait {
	return &wait{whole: whole, left: whole, cut: cut}
}

// run begins the upstream's turn.
func (w *wait) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped && w.timer == nil {
		w.since, w.timer = time.Now(), time.AfterFunc(w.left, w.end)
	}
}

// rest ends the upstream's turn, in which it took or gave so many bytes.
func (w *wait) rest(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
		w.left -= time.Since(w.since)
	}
	w.left = min(w.whole, w.left+time.Duration(bytes)*time.Second/slowest)
}

// stop ends it for good.
func (w *wait) stop() {
	w.rest(0)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
}

func (w *wait) end() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.cut()
}

func (w *wait) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// A sent body is what a client sends. While it is read it is the client's turn, whose
// deadlines are the http.Server's.
type sent struct {
	io.ReadCloser
	upstream *wait
	broke    atomic.Bool // it did not come to its end
}

// Read is part of io.Reader.
func (s *sent) Read(p []byte) (int, error) {
	s.upstream.rest(0)
	n, err := s.ReadCloser.Read(p)
	s.upstream.rest(n)
	s.upstream.run()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, http.ErrBodyReadAfterClose) {
		s.broke.Store(true)
	}
	return n, err
}

// A given body is what the upstream answers.
type given struct {
	io.ReadCloser
	upstream *wait
}

// Read is part of io.Reader.
func (g *given) Read(p []byte) (int, error) {
	g.upstream.run()
	n, err := g.ReadCloser.Read(p)
	g.upstream.rest(n)
	return n, err
}

// Close is part of io.Closer.
func (g *given) Close() error {
	g.upstream.stop()
	return g.ReadCloser.Close()
}
