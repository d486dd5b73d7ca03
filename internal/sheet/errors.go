package sheet

import (
	"errors"
	"fmt"
	"io"
)

// Errors of Options.Check and Open: the options are of no use.
var (
	ErrEncoding  = errors.New("sheet: unknown encoding")
	ErrDelimiter = errors.New("sheet: unusable delimiter")
	ErrEnclosure = errors.New("sheet: unusable enclosure")
)

// Kinds of Error: the file is of no use.
var (
	ErrCharacter = errors.New("a character does not fit the encoding")
	ErrDamaged   = errors.New("the file is damaged")
	ErrTooLarge  = errors.New("the file is too large")
)

// ErrNoRows: the file has no row that is not blank.
var ErrNoRows = errors.New("sheet: no rows")

// Error is what is wrong with a file, and where. Any other error of a Reader, but io.EOF and ErrNoRows, is about the
// machine: a file that cannot be read, a full disk.
type Error struct {
	Kind   error  // ErrCharacter, ErrDamaged or ErrTooLarge
	Row    int    // as Reader.Row counts; 0 where it is not about one row
	Reason string // in English, for those who look into it
}

func (e *Error) Error() string {
	if e.Row == 0 {
		return fmt.Sprintf("sheet: %v: %s", e.Kind, e.Reason)
	}
	return fmt.Sprintf("sheet: row %d: %v: %s", e.Row, e.Kind, e.Reason)
}

func (e *Error) Unwrap() error { return e.Kind }

func damaged(reason string, args ...any) error {
	return &Error{Kind: ErrDamaged, Reason: fmt.Sprintf(reason, args...)}
}

func tooLarge(reason string, args ...any) error {
	return &Error{Kind: ErrTooLarge, Reason: fmt.Sprintf(reason, args...)}
}

// atRow adds the row to an Error that has none.
func atRow(row int, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Row == 0 {
		return &Error{e.Kind, row, e.Reason}
	}
	return err
}

// broken is the Error for what a decoder of the standard library said about a file's contents.
func broken(err error) error {
	var ours *Error
	var read *readError
	if err == nil || errors.As(err, &ours) || errors.As(err, &read) {
		return err
	}
	return damaged("%v", err)
}

// untrusted marks the errors of reading a file, to tell them from those of what it holds.
type untrusted struct{ file io.ReaderAt }

func (u untrusted) ReadAt(p []byte, at int64) (int, error) {
	n, err := u.file.ReadAt(p, at)
	if err != nil && err != io.EOF {
		err = &readError{err}
	}
	return n, err
}

type readError struct{ err error }

func (e *readError) Error() string { return "sheet: read: " + e.err.Error() }
func (e *readError) Unwrap() error { return e.err }
