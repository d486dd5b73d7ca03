package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Waits between tries, where the server does not ask for one: they double, and the half of
// each is by chance. A server that asks for more than the longest is not asked again.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 10 * time.Second
	askedMost   = time.Minute
)

// try sends a request and reads what comes, until that is no passing error, the tries are
// used up, or the context ends. The error is that of the last try.
func try[T any](ctx context.Context, c *Client, r request, read func(*http.Response) (T, error)) (T, error) {
	places, repeatable := placesOf(r.params)
	for n := 0; ; n++ {
		result, err := attempt(ctx, c, r, read)
		if err == nil || n >= c.retries || !passing(err) || !repeatable || !rewind(places) || !pause(ctx, wait(n, err)) {
			return result, err
		}
	}
}

func attempt[T any](ctx context.Context, c *Client, r request, read func(*http.Response) (T, error)) (result T, err error) {
	response, err := c.once(ctx, r)
	if err != nil {
		return result, err
	}
	return read(response)
}

func passing(err error) bool {
	return errors.Is(err, ErrConnection) || errors.Is(err, ErrRateLimit) || errors.Is(err, ErrService)
}

// wait is how long to wait after try n failed.
func wait(n int, failure error) time.Duration {
	if e, ok := errors.AsType[*Error](failure); ok && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	d := min(firstWait<<min(n, 10), longestWait)
	return d/2 + rand.N(d/2)
}

// pause says whether the time passed before the context ended. It doesn't begin to wait
// for what comes after the context's deadline.
func pause(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); d > askedMost || ok && time.Until(end) < d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads the header Retry-After in seconds (RFC 9110 §10.2.3).
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
