package api

import (
	"fmt"
	"net/http"
	"strconv"
)

// An envelope is one answer before it is written.
type envelope struct {
	code    Code
	data    any
	message string
	xml     bool
	check   func(answer []byte) // of tests; nil without
}

// writeJSON encodes the envelope: keys in order, no HTML escaping.
func (e *envelope) writeJSON(enc *buffer) error {
	enc.WriteString(`{"code":`)
	enc.Write(strconv.AppendInt(enc.AvailableBuffer(), int64(e.code), 10))
	enc.WriteString(`,"data":`)
	if err := enc.value(e.data); err != nil {
		return err
	}
	enc.WriteString(`,"message":`)
	if err := enc.value(e.message); err != nil {
		return err
	}
	return enc.WriteByte('}')
}

// send writes an envelope in one piece. A value that cannot be encoded is a
// defect, reported before anything was written.
func (e *envelope) send(w http.ResponseWriter, pool *bufferPool) error {
	enc := pool.get()
	defer pool.put(enc)
	if err := encodeGuarded(e, enc); err != nil {
		return err
	}
	if e.check != nil {
		e.check(enc.Bytes())
	}
	out, contentType := &enc.Buffer, "application/json; charset=utf-8"
	if e.xml {
		second := pool.get()
		defer pool.put(second)
		if err := writeXML(&second.Buffer, enc.Bytes()); err != nil {
			return err
		}
		out, contentType = &second.Buffer, "application/xml; charset=utf-8"
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	h.Set("X-Api-Code", strconv.Itoa(int(e.code)))
	_, _ = w.Write(out.Bytes()) // the caller is gone; there is nobody to tell
	return nil
}

// encodeGuarded takes a panic of a value's own MarshalJSON for an error.
func encodeGuarded(e *envelope, enc *buffer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while encoding the answer: %v", p)
		}
	}()
	return e.writeJSON(enc)
}
