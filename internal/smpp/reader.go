package smpp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// Reader reads PDUs from a stream. It holds one buffer of MaxSize for its whole life: what a peer claims about a
// length allocates nothing.
type Reader struct {
	buf   *bufio.Reader
	codec codec
}

// NewReader reads from r. It may read ahead.
func NewReader(r io.Reader) *Reader { return &Reader{buf: bufio.NewReaderSize(r, MaxSize)} }

// Read returns the next PDU. After a *CommandError or a *FieldError the stream is in step and the next call reads the
// following PDU; after any other error it is not. io.EOF is an end between two PDUs, io.ErrUnexpectedEOF one within.
func (r *Reader) Read() (PDU, error) {
	head, err := r.buf.Peek(4)
	if err != nil {
		return nil, endWithin(err, len(head))
	}
	length := binary.BigEndian.Uint32(head)
	if length < HeaderSize || length > MaxSize {
		return nil, &LengthError{length}
	}
	frame, err := r.buf.Peek(int(length))
	if err != nil {
		return nil, endWithin(err, len(frame))
	}
	p, err := r.codec.decode(frame)
	r.codec = codec{} // what was decoded belongs to the caller; keep nothing of it alive
	_, _ = r.buf.Discard(len(frame))
	return p, err
}

func endWithin(err error, seen int) error {
	if seen > 0 && errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
