package api

import (
	"errors"
	"io"
	"os"
)

// A File is an uploaded file. It lies on disk until the call has been answered;
// a method that goes on in the background copies it.
type File struct {
	Name        string // as the client named it; not to be used as a path
	ContentType string
	Size        int64
	path        string
}

// Open opens the file for reading.
func (f *File) Open() (*os.File, error) { return os.Open(f.path) }

// uploads are the files of one call.
type uploads struct {
	dir   string
	files []*File
}

// store copies r to a new temporary file.
func (u *uploads) store(name, contentType string, r io.Reader) (_ *File, err error) {
	tmp, err := os.CreateTemp(u.dir, "heliograph-upload-*")
	if err != nil {
		return nil, storageError{err}
	}
	f := &File{Name: name, ContentType: contentType, path: tmp.Name()}
	u.files = append(u.files, f)
	f.Size, err = io.Copy(diskWriter{tmp}, r)
	if closed := tmp.Close(); err == nil && closed != nil {
		err = storageError{closed}
	}
	return f, err
}

// remove deletes the files from disk.
func (u *uploads) remove() error {
	var all []error
	for _, f := range u.files {
		all = append(all, os.Remove(f.path))
	}
	u.files = nil
	return errors.Join(all...)
}

// A storageError is a failure of our disk, not of the client's body.
type storageError struct{ error }

func (e storageError) Unwrap() error { return e.error }

// diskWriter tells write errors from the read errors that io.Copy mixes in.
type diskWriter struct{ f *os.File }

func (d diskWriter) Write(p []byte) (int, error) {
	n, err := d.f.Write(p)
	if err != nil {
		err = storageError{err}
	}
	return n, err
}
