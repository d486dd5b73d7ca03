package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// slowestBody is how many bytes of a body must come in a second, on average.
	slowestBody = 32 << 10
	// portion is how much of an answer a caller has to take at a time.
	portion = 64 << 10
)

// A webServer is an http.Server that hangs up on callers who are slow, so that they hold
// nothing.
type webServer struct {
	*http.Server
	writeTimeout time.Duration
}

// newWebServer serves h to whoever connects. A request has readTimeout for its header
// and as long again for its body, beside the time that the bytes of that take at
// slowestBody. Each portion of an answer has writeTimeout to be taken.
func newWebServer(h http.Handler, readTimeout, writeTimeout time.Duration, log *slog.Logger) webServer {
	return webServer{&http.Server{
		Handler:           pace(h, readTimeout),
		ReadHeaderTimeout: readTimeout,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}, writeTimeout}
}

// Serve serves whoever connects to the listener.
func (s webServer) Serve(l net.Listener) error {
	return s.Server.Serve(pacedListener{l, s.writeTimeout})
}

// pace gives bodies a deadline that moves on as they come. It holds too for a body
// that nobody reads: net/http reads the beginning of that before it sends the answer.
func pace(h http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			h.ServeHTTP(w, r)
			return
		}
		body := &pacedBody{ReadCloser: r.Body, conn: http.NewResponseController(w), deadline: time.Now().Add(patience)}
		body.hold()
		paced := *r // net/http goes on looking at its own request's body
		paced.Body = body
		h.ServeHTTP(w, &paced)
	})
}

type pacedBody struct {
	io.ReadCloser
	conn *http.ResponseController

	mu       sync.Mutex // held while deadlines are set, by who reads or who cuts
	deadline time.Time  // of the next byte; zero once all of them came
	left     time.Time  // the last read ended
	cutOff   bool       // no more of them are read
}

// aWhile is what is taken for no time, when it is asked how long nobody read.
const aWhile = 50 * time.Millisecond

// Read is part of io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	b.resume()
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = time.Now()
	switch {
	case err == io.EOF:
		b.deadline = time.Time{} // from now on net/http reads, to see whether the caller hangs up
		b.hold()
	case n > 0:
		b.deadline = b.deadline.Add(time.Duration(n) * time.Second / slowestBody)
		b.hold()
	}
	return n, err
}

// resume moves the deadline on by the time in which nobody read, if that was long: it is not
// the caller's. An upstream that takes no more of a body is an example.
func (b *pacedBody) resume() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if away := time.Since(b.left); away > aWhile && !b.left.IsZero() && !b.deadline.IsZero() {
		b.deadline = b.deadline.Add(away)
		b.hold()
	}
}

// cut ends the reading of a body that has not come whole, as if its time were over.
func (b *pacedBody) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cutOff = true
	b.hold()
}

// hold sets the connection's deadline. One that can't be set belongs to a connection
// that is gone, which the next read tells.
func (b *pacedBody) hold() {
	deadline := b.deadline
	if b.cutOff && !deadline.IsZero() {
		deadline = time.Unix(1, 0)
	}
	_ = b.conn.SetReadDeadline(deadline)
}

// A pacedListener's connections give up on who does not take what they write.
type pacedListener struct {
	net.Listener
	writeTimeout time.Duration
}

// Accept is part of net.Listener.
func (l pacedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &pacedConn{Conn: conn, writeTimeout: l.writeTimeout}, nil
}

// A pacedConn gives each portion that is written a deadline. It does so here and not where
// answers are made, since net/http writes most of them after that: what fits into its
// buffer goes out when the handler has returned.
type pacedConn struct {
	net.Conn
	writeTimeout time.Duration
	until        time.Time // the deadline that is set
}

// Write is part of io.Writer.
func (c *pacedConn) Write(p []byte) (n int, err error) {
	for {
		c.hold()
		taken, err := c.Conn.Write(p[n:min(len(p), n+portion)])
		n += taken
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// hold gives what is written next writeTimeout or more, and no more than twice that. To
// move a deadline costs as much as ten looks at the clock: so one serves many answers.
func (c *pacedConn) hold() {
	now := time.Now()
	if c.until.Sub(now) < c.writeTimeout {
		c.until = now.Add(2 * c.writeTimeout)
		_ = c.Conn.SetWriteDeadline(c.until) // of a connection that is gone the write tells
	}
}

// SetWriteDeadline does nothing: net/http would take the deadline away after each answer.
func (c *pacedConn) SetWriteDeadline(time.Time) error { return nil }

// CloseWrite lets net/http tell a caller whom it stops reading that this was all, as it
// does on a connection of its own.
func (c *pacedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
