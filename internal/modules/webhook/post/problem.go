package post

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
)

// Problem is why an attempt failed; "" = it did not.
type Problem string

// What can go wrong.
const (
	URL         Problem = "url"         // no address that can be posted to
	Lookup      Problem = "lookup"      // the host's name was not found
	Address     Problem = "address"     // it leads to an inner address
	Connection  Problem = "connection"  // refused, reset, closed before the answer
	TLS         Problem = "tls"         // no handshake, or a certificate that is not the host's
	Timeout     Problem = "timeout"     // not answered in time
	Answer      Problem = "answer"      // no HTTP, or too much before the body
	Redirect    Problem = "redirect"    // a second one, or one that can't be followed
	Status      Problem = "status"      // an answer outside 200-299
	Interrupted Problem = "interrupted" // the process ended meanwhile
)

var (
	errTimeout  = errors.New("no answer in time")
	errAnswer   = errors.New("an answer that is no HTTP, or too long before its body")
	errStatus   = errors.New("an answer outside 200-299")
	errSecond   = errors.New("a second redirect")
	errNowhere  = errors.New("a redirect that leads nowhere")
	errInsecure = errors.New("a redirect from https to http")
)

// failure is an error whose problem is known where it happens.
type failure struct {
	problem Problem
	err     error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// judge finds an error's problem, and an error that may be logged.
func judge(ctx context.Context, err error) (Problem, error) {
	var known *failure
	switch {
	case isLate(err) && errors.Is(ctx.Err(), context.Canceled):
		return Interrupted, ctx.Err()
	case isLate(err):
		return Timeout, errTimeout
	case errors.As(err, &known):
		return known.problem, known.err
	case errors.Is(err, ErrInner):
		return Address, err
	case is[*net.DNSError](err):
		return Lookup, err
	case is[*net.OpError](err), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Connection, err
	}
	return Answer, errAnswer // net/http's own errors may quote the answer
}

// isLate tells whether an attempt was ended, by its deadline or with its context.
func isLate(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
