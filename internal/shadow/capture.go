package shadow

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// maxKept is how much of a body is kept. A longer one passes by, and is not compared.
const maxKept = 1 << 20

var (
	errTooLarge = errors.New("shadow: a body of more than 1 MiB")
	errCut      = errors.New("shadow: a body that was not read to its end")
	errEncoding = errors.New("shadow: a body in an unknown Content-Encoding")
)

// A capture keeps a body that passes by. A transport may read a request's body from a
// goroutine of its own, and beyond the answer.
type capture struct {
	io.ReadCloser
	mu    sync.Mutex
	kept  bytes.Buffer
	over  bool // more than maxKept passed
	whole bool // it was read to its end
}

// Read reads on, and keeps what it read.
func (c *capture) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = c.whole || errors.Is(err, io.EOF)
	if c.over = c.over || c.kept.Len()+n > maxKept; c.over {
		c.kept = bytes.Buffer{}
	} else {
		c.kept.Write(p[:n])
	}
	return n, err
}

// content is the whole body. A nil capture is that of no body.
func (c *capture) content() ([]byte, error) {
	if c == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		return nil, errTooLarge
	case !c.whole:
		return nil, errCut
	}
	return c.kept.Bytes(), nil
}

// readAll reads what is at most maxKept long.
func readAll(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxKept+1))
	if err == nil && len(body) > maxKept {
		err = errTooLarge
	}
	return body, err
}

// unpack undoes the compression that the client asked the upstream for.
func unpack(h http.Header, body []byte) ([]byte, error) {
	switch encoding := h.Get("Content-Encoding"); {
	case encoding == "" || strings.EqualFold(encoding, "identity"):
		return body, nil
	case strings.EqualFold(encoding, "gzip"):
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return readAll(r)
	default:
		return nil, errEncoding
	}
}
