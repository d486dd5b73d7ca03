package db

import "errors"

var (
	// ErrTooSlow: a read went past its deadline; the caller may narrow it.
	ErrTooSlow = errors.New("the database took too long")
	// ErrUnavailable: the database is away, locked by another, or its disk is full.
	// What was to be written was not, and may be tried again.
	ErrUnavailable = errors.New("the database is not available")
	// ErrOverloaded: too many writes wait already; nothing was written.
	ErrOverloaded = errors.New("too many writes are waiting")
	// ErrClosed: the database is being closed; nothing was written.
	ErrClosed = errors.New("the database is closed")
	// ErrNotFound: a query that must give one row gave none.
	ErrNotFound = errors.New("no such record")
	// ErrConflict: a unique key exists already.
	ErrConflict = errors.New("the record exists already")
	// ErrOldSchema: migrations have not been applied.
	ErrOldSchema = errors.New("the database schema is not up to date")
)

// errContended goes with ErrUnavailable: two transactions stood in each other's
// way and this one was ended. Nothing of it was kept; it may be done again at once.
var errContended = errors.New("ended in favour of another transaction")

// Retryable tells whether err says that the database could not serve now, so
// that the same call may succeed later.
func Retryable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrTooSlow) ||
		errors.Is(err, ErrOverloaded) || errors.Is(err, ErrClosed)
}
