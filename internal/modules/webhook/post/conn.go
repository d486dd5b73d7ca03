package post

import (
	"bufio"
	"container/list"
	"io"
	"net"
	"net/http"
	"time"
)

// Bounds of an answer.
const (
	maxHead = 32 << 10 // bytes before the body, informational answers (1xx) included

	// A body is read so that the connection can be used again, up to so many bytes and
	// for so long. Nobody looks at it.
	maxBody = 4 << 10
	maxRest = 100 * time.Millisecond
)

// conn is a connection to a receiver. One attempt at a time uses it.
type conn struct {
	net.Conn
	plain  net.Conn // below TLS, or the same
	place  place
	limit  io.LimitedReader // of what may still be read
	reader *bufio.Reader

	// While it is idle; the pool's.
	since time.Time
	kept  *list.Element
}

func newConn(to place, plain, secure net.Conn) *conn {
	c := &conn{Conn: secure, plain: plain, place: to, limit: io.LimitedReader{R: secure}}
	c.reader = bufio.NewReader(&c.limit)
	return c
}

// close does not say goodbye over TLS, which could take as long as the receiver likes.
func (c *conn) close() { _ = c.plain.Close() }

// interrupt ends whatever is being done with the connection.
func (c *conn) interrupt() { _ = c.SetDeadline(time.Unix(1, 0)) }

// exchange sends a request and reads the head of its answer.
func (c *conn) exchange(request []byte) (*http.Response, error) {
	if _, err := c.Write(request); err != nil {
		return nil, &unheardError{err}
	}
	c.limit.N = maxHead
	if _, err := c.reader.Peek(1); err != nil {
		return nil, &unheardError{err}
	}
	for {
		answer, err := http.ReadResponse(c.reader, nil)
		switch {
		case err != nil && c.limit.N <= 0:
			return nil, errAnswer
		case err != nil:
			return nil, err
		case answer.StatusCode >= 200 || answer.StatusCode == http.StatusSwitchingProtocols:
			return answer, nil
		}
	}
}

// unheardError says that a connection ended before anything of an answer came, as one does
// that its other end has closed while it was idle.
type unheardError struct{ error }

func (e *unheardError) Unwrap() error { return e.error }

// drain reads an answer's body, and tells whether the connection can be used again.
func (c *conn) drain(answer *http.Response, deadline time.Time) bool {
	if answer.Close || answer.StatusCode == http.StatusSwitchingProtocols || answer.ContentLength > maxBody {
		return false
	}
	if chunked := answer.ContentLength < 0; chunked || answer.ContentLength > int64(c.reader.Buffered()) {
		if c.SetReadDeadline(earlier(deadline, time.Now().Add(maxRest))) != nil {
			return false
		}
	}
	c.limit.N = maxBody
	_, err := io.Copy(io.Discard, answer.Body)
	return err == nil && c.reader.Buffered() == 0
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
