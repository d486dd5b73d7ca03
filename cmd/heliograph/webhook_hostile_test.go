package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// misbehave listens on the host, lets do have each connection, and gives an address for
// webhooks. When do returns, the connection is closed.
func misbehave(t *testing.T, host string, do func(ctx context.Context, c net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var under sync.WaitGroup
	under.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			under.Go(func() {
				defer c.Close()
				defer context.AfterFunc(ctx, func() { c.Close() })()
				do(ctx, c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); cancel(); under.Wait() })
	return "http://" + l.Addr().String() + "/?token=" + unprintable
}

// answer reads what there is of a request and answers it.
func answer(status string, headers ...string) func(context.Context, net.Conn) {
	return func(_ context.Context, c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 "+status+"\r\n"+strings.Join(headers, "\r\n")+"\r\n\r\n")
		}
	}
}

// silence reads and never answers.
func silence(_ context.Context, c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// endless writes again and again what follows an answer's first line.
func endless(text string) func(context.Context, net.Conn) {
	return func(ctx context.Context, c net.Conn) {
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = io.WriteString(c, text)
		}
	}
}

// drip writes a head that never ends, drop by drop.
func drip(ctx context.Context, c net.Conn) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Drops: "); err == nil; _, err = io.WriteString(c, ".") {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// reset breaks the connection off in the middle of the request.
func reset(_ context.Context, c net.Conn) {
	_, _ = c.Read(make([]byte, 100))
	_ = c.(*net.TCPConn).SetLinger(0)
}

// TestABadReceiverHarmsNobody: whatever the other receivers of the same account do, a
// prompt one hears of every message, every message is delivered, and the API answers.
func TestABadReceiverHarmsNobody(t *testing.T) {
	t.Parallel()
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		const messages = 200
		s := newSite(t, url, options{carrier: startSimulator(t, smsc.Config{}).Addr(), window: 50, webhooks: loopback4})
		server := s.serve()
		bad := []struct{ url, httpStatus, problem string }{
			{misbehave(t, "127.0.0.1", silence), "", "there was no answer within 5 seconds"},
			{misbehave(t, "127.0.0.1", drip), "", "there was no answer within 5 seconds"},
			{misbehave(t, "127.0.0.1", endless("X-More: and more\r\n")), "", "the answer was no HTTP, or too long before its body"},
			{misbehave(t, "127.0.0.1", endless("\r\nand more")), "200", ""},
			{misbehave(t, "127.0.0.1", answer("302 Found", "Location: /")), "302", "a second redirect, or one that can't be followed"},
			{misbehave(t, "127.0.0.1", reset), "", "the connection was refused or broke"},
			{"http://" + freeAddress(t), "", "the connection was refused or broke"},
			{newReceiver(t, func(*client.WebhookEvent) int { return http.StatusInternalServerError }).url, "500", "the answer's status was not from 200 to 299"},
		}
		var webhooks []int64
		for _, b := range bad {
			webhooks = append(webhooks, server.webhook(t, b.url, "json"))
		}
		prompt := newReceiver(t, nil)
		told := server.webhook(t, prompt.url, "json")

		first := server.send(t, "77010000000", "Hello")
		var codes counter
		enough := codes.further(messages)
		l := startLoad(t, server.caller, func(int) { codes.add() })
		await(t, enough, "messages")
		l.stop()
		b := s.settle()
		l.told(t, server.caller)
		prompt.awaitCount(len(b.messages))
		for id := range l.accepted {
			if tellings := prompt.tellings(notice{told, id}); len(tellings) != 1 {
				t.Errorf("the prompt receiver was told of message %d %d times", id, len(tellings))
			}
		}
		b.balanced(t)
		if waits := number(t, server.waiting(t, webhooks[0])); waits < messages/2 {
			t.Errorf("%d events wait for a receiver that never answers: the prompt one came after it", waits)
		}
		for i, b := range bad {
			server.fails(t, webhooks[i], first, b.httpStatus, b.problem)
		}
		server.stop()
	})
}

// waiting tells how many events wait for a webhook.
func (c caller) waiting(t *testing.T, webhook int64) string {
	t.Helper()
	var found struct{ TotalItemCount string }
	c.call(t, 0, &found, "webhook/deliveries", "criteria[webhookId]", strconv.FormatInt(webhook, 10), "criteria[state]", "waiting")
	return found.TotalItemCount
}
