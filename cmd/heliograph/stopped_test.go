package main

import (
	"fmt"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const stoppedRecipient = `{"recipient":["is on the stop list"]}`

// TestANumberThatIsStoppedGetsNothing, whether by its account or by the operator: neither
// what is sent to it then, nor what waits in the queue, whose story says why. Once it is
// off the list it does again.
func TestANumberThatIsStoppedGetsNothing(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		arrived := newArrivals()
		carrier, addr := newGate(t, startSimulator(t, smsc.Config{OnMessage: arrived.note}))
		s := newSite(t, url, options{carrier: addr})
		server := s.serve()
		waits, sent := server.send(t, "77010000000", "waits"), server.send(t, "77010000100", "sent")
		everybodys := server.send(t, "77010000200", "stopped for all")
		s.lists(`\nqueued: 3, on hold: 0$`)

		server.call(t, 0, nil, "numberStopList/create", "number", "+7 701 000 00 00")
		server.refuses(t, "77010000000")
		s.run("stoplist", "add", "--global", "77010000200")
		server.becomes(t, waits, "REJECTD")
		server.becomes(t, everybodys, "REJECTD")
		server.refuses(t, "77010000200")
		if got, want := server.explain(t, waits), "accepted charged numberStopped final repaid"; got != want {
			t.Errorf("explained as %q, want %q", got, want)
		}
		carrier.open.Store(true)
		server.becomes(t, sent, "DELIVRD")
		server.call(t, 0, nil, "numberStopList/delete", "id", "1")
		server.becomes(t, server.send(t, "77010000000", "again"), "DELIVRD")
		if got := arrived.counts(); len(got) != 2 || got["sent"] != 1 || got["again"] != 1 {
			t.Errorf("arrived: %v", got)
		}
		server.stop()
		s.books(func(work func(q *db.Reader) error) error { s.read(work); return nil }).balanced(t)
	})
}

// refuses wants a message to a number to be refused, as stopped.
func (c caller) refuses(t *testing.T, to string) {
	t.Helper()
	c.sendsUnlessStopped(t, to, true)
}

// sendsUnlessStopped sends a message, which may be refused as stopped, or must be.
func (c caller) sendsUnlessStopped(t *testing.T, to string, must bool) {
	t.Helper()
	r, err := c.try("message/sendSmsMessage", "recipient", to, "text", "race")
	stopped := r.Code == 1 && string(r.Data) == stoppedRecipient
	if err != nil || !stopped && (must || r.Code != 0) {
		t.Errorf("to %s: code %d %s, %v; it must be stopped: %t", to, r.Code, r.Data, err, must)
	}
}

// TestNothingIsAcceptedOnceItsNumberIsStopped, however many calls are under way: who has
// the answer to create may rely on that. What was accepted before is rejected.
func TestNothingIsAcceptedOnceItsNumberIsStopped(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		for round := range 5 {
			number := fmt.Sprint(77010001000 + round)
			begun, over := make(chan struct{}, 8), make(chan struct{})
			var senders sync.WaitGroup
			for range cap(begun) {
				senders.Go(func() { server.sendUntil(t, number, begun, over) })
			}
			for range cap(begun) {
				<-begun
			}
			server.call(t, 0, nil, "numberStopList/create", "number", number)
			close(over)
			senders.Wait()
		}
		testkit.Eventually(t, patience, func() error {
			var list struct{ TotalItemCount string }
			server.call(t, 0, &list, "message/list", "criteria[status]", "ENQUEUD")
			if list.TotalItemCount != "0" {
				return fmt.Errorf("%s messages are in the queue", list.TotalItemCount)
			}
			return nil
		})
		server.stop()
		s.books(func(work func(q *db.Reader) error) error { s.read(work); return nil }).balanced(t)
	})
}

// sendUntil sends until it is over, and then once more, which must be refused. It tells
// when it has begun.
func (c caller) sendUntil(t *testing.T, to string, begun chan<- struct{}, over <-chan struct{}) {
	c.sendsUnlessStopped(t, to, false)
	begun <- struct{}{}
	for {
		select {
		case <-over:
			c.refuses(t, to)
			return
		default:
			c.sendsUnlessStopped(t, to, false)
		}
	}
}
