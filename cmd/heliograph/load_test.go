package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// clients is how many programs send at the same time.
const clients = 16

// load is clients that send as fast as they are answered, each message with a
// text of its own, and what they were told.
type load struct {
	life    atomic.Pointer[life]
	compose func(client, i int) (to, text string)
	onCode  func(code int)

	mu       sync.Mutex
	accepted map[int64]string // id → text, of messages that code 0 was received for
	away     []string         // texts that were turned away with code 999
	refused  map[int]int      // other answers, by code

	cancel context.CancelFunc
	gone   sync.WaitGroup
}

// life is one life of the server.
type life struct {
	caller
	over chan struct{} // closed when there is a next one
}

// startLoad lets the clients begin; onCode hears of every answer.
func startLoad(t *testing.T, c caller, onCode func(code int)) *load {
	return startLoadOf(t, c, clients, compose, onCode)
}

// startLoadOf lets so many clients begin, with messages that compose makes.
func startLoadOf(t *testing.T, c caller, clients int, compose func(client, i int) (to, text string), onCode func(code int)) *load {
	l := &load{compose: compose, onCode: onCode, accepted: map[int64]string{}, refused: map[int]int{}}
	l.life.Store(&life{c, make(chan struct{})})
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	for n := range clients {
		l.gone.Go(func() { l.client(ctx, n) })
	}
	t.Cleanup(l.stop)
	return l
}

// stop ends the clients once the calls under way are answered.
func (l *load) stop() {
	l.cancel()
	l.gone.Wait()
}

// goOnWith tells the clients where the server is now.
func (l *load) goOnWith(c caller) {
	close(l.life.Swap(&life{c, make(chan struct{})}).over)
}

// client sends until it is told to stop. When the connection fails it waits for
// the server's next life; it never repeats a call.
func (l *load) client(ctx context.Context, n int) {
	for i := 0; ctx.Err() == nil; i++ {
		now := l.life.Load()
		to, text := l.compose(n, i)
		r, err := now.try("message/sendSmsMessage", "recipient", to, "text", text)
		if err == nil {
			l.note(r, text)
			continue
		}
		select {
		case <-now.over:
		case <-ctx.Done():
		}
	}
}

// compose makes a client's ith message. The short ones go to a few numbers, so that
// a handset has several under way at a time; every tenth has two segments, and a
// number of its own: its parts must not meet another's with the same reference.
func compose(client, i int) (to, text string) {
	text = fmt.Sprintf("message %d of client %d", i, client)
	if i%10 == 9 {
		return fmt.Sprintf("7705%02d%03d00", client, i/10%1000), text + strings.Repeat(".", 200-len(text))
	}
	return fmt.Sprintf("77010000%d00", i%10), text
}

func (l *load) note(r reply, text string) {
	var sent struct{ MessageID string }
	var id int64
	err := json.Unmarshal(r.Data, &sent)
	if err == nil && r.Code == 0 {
		id, err = strconv.ParseInt(sent.MessageID, 10, 64)
	}
	l.mu.Lock()
	switch {
	case r.Code == 0 && err == nil:
		l.accepted[id] = text
	case r.Code == 999:
		l.away = append(l.away, text)
	default:
		l.refused[r.Code]++
	}
	l.mu.Unlock()
	l.onCode(r.Code)
}

// counter lets a test wait until enough has happened.
type counter struct {
	mu     sync.Mutex
	n      int
	target int
	hit    chan struct{}
}

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n == c.target {
		close(c.hit)
	}
}

// further gives a channel that is closed when n more have been counted.
func (c *counter) further(n int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target, c.hit = c.n+n, make(chan struct{})
	return c.hit
}
