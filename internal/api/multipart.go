package api

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
)

var errTooLarge = errors.New("api: body past its bound")

// readMultipart streams the parts of a body: fields into the tree, files to
// disk, or past us where the method expects none.
func (b *body) readMultipart(limit int64, expectsFile bool) error {
	b.decoded = true
	boundary, err := b.boundary()
	if err == nil {
		source := &cappedReader{source: b.rest(), left: limit}
		parts := partReader{
			parts: multipart.NewReader(source, boundary), decoder: &b.decoder,
			keepFiles: expectsFile, files: &b.files, text: &cappedReader{left: maxBody},
		}
		err = parts.all()
	}
	var storage storageError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		return tooLarge(limit)
	case errors.As(err, &storage):
		return Unavailable(err)
	default:
		return BadParameter("", "request.unreadable", nil).WithCause(err)
	}
}

// peekMultipart finds the reserved parameters among the parts read ahead.
func (b *body) peekMultipart() *Tree {
	boundary, err := b.boundary()
	if err != nil {
		return nil
	}
	d := newDecoder()
	parts := partReader{
		parts:   multipart.NewReader(bytes.NewReader(b.ahead.Bytes()), boundary),
		decoder: &d, onlyReserved: true, text: &cappedReader{left: maxPeek},
	}
	if parts.all() != nil && b.complete {
		return nil // not cut short by us: the body itself can't be read
	}
	return &d.root
}

// A partReader puts the parts of a multipart body where they belong.
type partReader struct {
	parts        *multipart.Reader
	decoder      *decoder
	text         *cappedReader // what all fields together may hold
	onlyReserved bool
	keepFiles    bool
	files        *uploads
}

func (p *partReader) all() error {
	for {
		part, err := p.parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.part(part); err != nil {
			return err
		}
	}
}

func (p *partReader) part(part *multipart.Part) error {
	name := part.FormName()
	switch {
	case name == "" || p.onlyReserved && !isReserved(name):
		return nil // NextPart skips what was not read
	case isFile(part):
		return p.file(name, part)
	default:
		return p.field(name, part)
	}
}

// isFile reports whether the part came from a file input, one with nothing
// chosen included.
func isFile(part *multipart.Part) bool {
	return part.FileName() != "" || strings.Contains(part.Header.Get("Content-Disposition"), "filename=")
}

func (p *partReader) field(name string, part *multipart.Part) error {
	p.text.source = part
	text, err := io.ReadAll(p.text)
	if err != nil {
		return err
	}
	if t := p.decoder.place(name); t != nil {
		p.decoder.set(t, string(text))
	}
	return nil
}

func (p *partReader) file(name string, part *multipart.Part) error {
	if !p.keepFiles || part.FileName() == "" {
		p.decoder.count()
		return nil
	}
	if !storable(part.FileName()) {
		p.decoder.fail(BadParameter(name, "value.notUTF8", nil))
		return nil
	}
	t := p.decoder.place(name)
	if t == nil {
		return nil
	}
	f, err := p.files.store(part.FileName(), part.Header.Get("Content-Type"), part)
	if err != nil {
		return err
	}
	t.setFile(f)
	return nil
}

// A cappedReader fails, instead of ending, where more than left bytes come.
type cappedReader struct {
	source io.Reader
	left   int64
}

func (c *cappedReader) Read(p []byte) (int, error) {
	// One byte more than allowed tells an end from an excess.
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.source.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
