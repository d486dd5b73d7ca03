package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A steady load is an open loop: messages are due at even steps, whether or not the last ones were answered, and the time
// that one takes counts from when it was due.
type steady struct {
	address string
	shot    shot
	first   int64 // the number of the first message
	rate    int   // messages a second
	load    time.Duration
}

// senders is how many requests can be under way. When all are, later ones wait, and that counts.
const senders = 64

// run returns how many messages were accepted, and the time that the slowest hundredth took at least.
func (l steady) run(ctx context.Context) (accepted int64, p99 time.Duration, err error) {
	schedule := &schedule{steady: l, begin: time.Now(), total: int64(l.load.Seconds() * float64(l.rate))}
	took := make([][]time.Duration, senders)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var work sync.WaitGroup
	for i := range senders {
		work.Go(func() {
			var err error
			if took[i], err = schedule.work(ctx); err != nil {
				fail(err)
			}
		})
	}
	work.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, 0, fmt.Errorf("steady load: %w", err)
	}
	return schedule.accepted.Load(), percentile(slices.Concat(took...), 99), nil
}

type schedule struct {
	steady
	begin    time.Time
	total    int64
	next     atomic.Int64
	accepted atomic.Int64
}

// work sends on one connection what is due next, until nothing is left, and returns how long each took.
func (s *schedule) work(ctx context.Context) (took []time.Duration, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	answers := newStream(conn)
	for {
		n := s.next.Add(1) - 1
		if n >= s.total {
			return took, nil
		}
		due := s.begin.Add(time.Duration(n) * time.Second / time.Duration(s.rate))
		if err := until(ctx, due); err != nil {
			return nil, err
		}
		if _, err := conn.Write(s.shot.fill(s.first + n)); err != nil {
			return nil, err
		}
		head, body, err := answers.next()
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(due))
		if taken(head, body) {
			s.accepted.Add(1)
		}
	}
}

func until(ctx context.Context, due time.Time) error {
	wait := time.Until(due)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// taken says whether an answer accepts the message: 202 by Kannel, code 0 by us.
func taken(head, body []byte) bool {
	return bytes.HasPrefix(head, []byte("HTTP/1.1 202 ")) ||
		bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) && bytes.Contains(body, []byte(`"code":0,`))
}

// percentile is the least of the values that p in a hundred do not exceed. Of no values it is 0.
func percentile(values []time.Duration, p int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[(len(values)*p+99)/100-1]
}
