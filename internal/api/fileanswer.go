package api

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
)

// A FileAnswer is a file where other methods answer an envelope. It is streamed: Write
// is called once and writes it to w. An error before the first byte is answered as any
// error is; after that the connection is cut, so that the caller sees a broken download
// instead of a short file.
type FileAnswer struct {
	Name        string // under which callers save it
	ContentType string // such as "text/csv; charset=utf-8"
	Write       func(ctx context.Context, w io.Writer) error
}

// sendFile streams a file, or answers why there is none.
func (x *exchange) sendFile(w http.ResponseWriter, f *FileAnswer) {
	out := &download{w: w, file: f}
	err := x.writeFile(f, out)
	switch {
	case err == nil:
		out.begin() // an empty file is a file
		x.count(CodeOK)
	case !out.begun:
		x.answer(w, nil, err)
	default:
		e := x.classify(err)
		x.logRefusal(e, err)
		x.count(e.Code)
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) writeFile(f *FileAnswer, w io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	if err := f.Write(x.request.Context(), w); err != nil {
		return fmt.Errorf("write the file of %s: %w", x.label(), err)
	}
	return nil
}

// A download is the body of a file answer; its headers go out with the first byte.
type download struct {
	w     http.ResponseWriter
	file  *FileAnswer
	begun bool
}

func (d *download) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	d.begin()
	return d.w.Write(p)
}

func (d *download) begin() {
	if d.begun {
		return
	}
	d.begun = true
	h := d.w.Header()
	h.Set("Content-Type", d.file.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.file.Name}))
	h.Set("X-Api-Code", "0")
	d.w.WriteHeader(http.StatusOK)
}
