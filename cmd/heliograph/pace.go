package main

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// slowestBody is how many bytes of a body must come in a second, on average.
const slowestBody = 32 << 10

// newHTTPServer serves h to whoever connects. A request has readTimeout for its header
// and as long again for its body, beside the time that the bytes of that take at
// slowestBody: a caller who dawdles is hung up on and holds nothing.
func newHTTPServer(h http.Handler, readTimeout time.Duration, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           pace(h, readTimeout),
		ReadHeaderTimeout: readTimeout,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
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
	conn     *http.ResponseController
	deadline time.Time // of the next byte; zero once all of them came
}

// Read is part of io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
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

// hold sets the connection's deadline. One that can't be set belongs to a connection
// that is gone, which the next read tells.
func (b *pacedBody) hold() { _ = b.conn.SetReadDeadline(b.deadline) }
