package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A stream reads HTTP/1.1 messages, requests or answers, one after the other from a connection. Bodies have a
// Content-Length (RFC 9112 §6.2) or are empty. It is as cheap as it can be, since what it costs is taken from those who
// are measured.
type stream struct {
	from  io.Reader
	buf   []byte
	taken int // of buf, by the message before
	full  int // of buf, by what has come
}

// newStream reads messages of up to 16 KiB.
func newStream(from io.Reader) *stream { return &stream{from: from, buf: make([]byte, 16<<10)} }

var (
	errFraming = errors.New("not a message of HTTP/1.1 with a Content-Length")
	errTooLong = errors.New("the message does not fit")
)

// next returns a message's head, its empty line included, and its body. Both are overwritten by the next call. At the
// end of the connection the error is io.EOF, within a message io.ErrUnexpectedEOF.
func (s *stream) next() (head, body []byte, err error) {
	length, want := -1, 0 // of the head; of the whole message
	for {
		have := s.buf[s.taken:s.full]
		if length < 0 {
			if end := bytes.Index(have, []byte("\r\n\r\n")); end >= 0 {
				length = end + 4
				n, err := contentLength(have[:length])
				if err != nil {
					return nil, nil, err
				}
				want = length + n
			}
		}
		if length >= 0 && len(have) >= want {
			s.taken += want
			return have[:length], have[length:want], nil
		}
		if err := s.more(); err != nil {
			return nil, nil, err
		}
	}
}

// more reads what comes next, behind what is there of a message.
func (s *stream) more() error {
	if s.taken > 0 {
		s.full = copy(s.buf, s.buf[s.taken:s.full])
		s.taken = 0
	}
	if s.full == len(s.buf) {
		return errTooLong
	}
	n, err := s.from.Read(s.buf[s.full:])
	s.full += n
	if n > 0 {
		return nil // an error comes again
	}
	if errors.Is(err, io.EOF) && s.full > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// contentLength is 0 for a message without one.
func contentLength(head []byte) (int, error) {
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte("\r\n"))
		head = rest
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue // the first line, or the last
		}
		if bytes.EqualFold(name, []byte("Transfer-Encoding")) {
			return 0, fmt.Errorf("%w: %s", errFraming, line)
		}
		if bytes.EqualFold(name, []byte("Content-Length")) {
			n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
			if err != nil {
				return 0, fmt.Errorf("%w: %s", errFraming, line)
			}
			return int(n), nil
		}
	}
	return 0, nil
}
