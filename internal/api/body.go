package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Bounds of a body (contract §1), in bytes.
const (
	maxPeek     = 1 << 20   // read without a key, to find one
	maxBody     = 10 << 20  // parameters
	maxFileBody = 100 << 20 // parameters and files, where a method expects a file
)

type format uint8

const (
	formatForm format = iota
	formatJSON
	formatMultipart
)

// A body is a request's body, of which some may have been read ahead.
type body struct {
	source   io.Reader // nil when there is no body
	length   int64     // as declared, -1 when not
	media    string    // Content-Type
	ahead    *buffer
	complete bool // ahead holds all of it
	decoded  bool // the decoder has seen all of it
	decoder  decoder
	files    uploads
	pool     *bufferPool
}

func newBody(r *http.Request, pool *bufferPool, dir string) body {
	b := body{length: r.ContentLength, pool: pool, files: uploads{dir: dir}, decoder: newDecoder()}
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		b.source, b.media = r.Body, r.Header.Get("Content-Type")
	}
	return b
}

// close gives the buffer back and removes the files.
func (b *body) close() error {
	if b.ahead != nil {
		b.pool.put(b.ahead)
		b.ahead = nil
	}
	return b.files.remove()
}

// peek reads at most maxPeek and returns a tree in which the reserved
// parameters, if they were in there, can be found.
func (b *body) peek() *Tree {
	if b.source == nil || b.readAhead(maxPeek) != nil {
		return nil
	}
	switch f := b.format(); {
	case f == formatMultipart:
		return b.peekMultipart()
	case b.complete && b.decode(f):
		return &b.decoder.root
	case b.complete && !b.decoder.past:
		return nil
	case f == formatJSON:
		d := newDecoder()
		d.peekJSON(b.json())
		return &d.root
	default:
		text := b.ahead.String()
		d := newDecoder()
		d.form(text[:strings.LastIndexByte(text, '&')+1])
		return &d.root
	}
}

// read decodes the whole body. The bound is higher where files are expected.
func (b *body) read(expectsFile bool) error {
	if b.source == nil {
		return nil
	}
	if !b.decoded {
		if err := b.readUndecoded(expectsFile); err != nil {
			return err
		}
	}
	if b.decoder.fault != nil {
		return b.decoder.fault
	}
	return nil
}

func (b *body) readUndecoded(expectsFile bool) error {
	limit := int64(maxBody)
	multipart := isMedia(b.media, mediaMultipart)
	if multipart && expectsFile {
		limit = maxFileBody
	}
	if b.length > limit {
		return tooLarge(limit)
	}
	if multipart {
		return b.readMultipart(limit, expectsFile)
	}
	if err := b.readAhead(limit); err != nil {
		return BadParameter("", "request.unreadable", nil).WithCause(err)
	}
	if !b.complete {
		return tooLarge(limit)
	}
	b.decode(b.format())
	return nil
}

func tooLarge(limit int64) error {
	return BadParameter("", "request.tooLarge", Args{"Max": limit >> 20})
}

// readAhead fills the buffer until the body ends or it holds more than limit.
func (b *body) readAhead(limit int64) error {
	if b.ahead == nil {
		b.ahead = b.pool.get()
	}
	if b.complete {
		return nil
	}
	want := limit + 1 - int64(b.ahead.Len())
	n, err := b.ahead.ReadFrom(io.LimitReader(b.source, want))
	b.complete = err == nil && n < want
	return err
}

// decode decodes the complete body in the buffer and reports whether it could
// be read.
func (b *body) decode(f format) bool {
	b.decoded = true
	if f == formatJSON {
		return b.decoder.json(b.json())
	}
	b.decoder.form(b.ahead.String())
	return true
}

// json is what was read ahead without the mark that some editors and libraries put before
// UTF-8: it is no part of JSON, and tells nothing.
func (b *body) json() []byte { return bytes.TrimPrefix(b.ahead.Bytes(), []byte("\uFEFF")) }

// format tells how to read the body. A type that is not known, or none, goes by
// the first byte.
func (b *body) format() format {
	switch {
	case isMedia(b.media, "application/x-www-form-urlencoded"):
		return formatForm
	case isMedia(b.media, "application/json"):
		return formatJSON
	case isMedia(b.media, mediaMultipart):
		return formatMultipart
	case bytes.HasPrefix(bytes.TrimLeft(b.json(), " \t\r\n"), []byte("{")):
		return formatJSON
	default:
		return formatForm
	}
}

const mediaMultipart = "multipart/form-data"

// isMedia compares a Content-Type, its parameters aside.
func isMedia(contentType, media string) bool {
	contentType, _, _ = strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(contentType), media)
}

// boundary returns what separates the parts of a multipart body.
func (b *body) boundary() (string, error) {
	_, params, err := mime.ParseMediaType(b.media)
	if err != nil {
		return "", err
	}
	if params["boundary"] == "" {
		return "", errors.New("multipart body without a boundary")
	}
	return params["boundary"], nil
}

// rest is the body from its first byte.
func (b *body) rest() io.Reader {
	if b.ahead == nil {
		return b.source
	}
	return io.MultiReader(bytes.NewReader(b.ahead.Bytes()), b.source)
}
