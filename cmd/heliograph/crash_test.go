package main

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestKillNineLosesNothingAccepted kills the server again and again under load, at
// moments that nothing prepares it for.
func TestKillNineLosesNothingAccepted(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		const window, binds, kills = 20, 2, 5
		arrived, codes := newArrivals(), &counter{}
		// The delay keeps the whole window in flight.
		sim := startSimulator(t, smsc.Config{ResponseDelay: 20 * time.Millisecond, ReceiptDelay: 50 * time.Millisecond, OnMessage: arrived.note})
		s := newSite(t, url, options{carrier: sim.Addr(), window: window, binds: binds})
		server := s.serve()
		l := startLoad(t, server.caller, func(int) { codes.add() })
		for range kills {
			await(t, codes.further(1+rand.IntN(1000)), "answers under load")
			server.kill()
			server = s.serve()
			l.goOnWith(server.caller)
		}
		await(t, codes.further(200), "answers after the last kill")
		l.stop()
		b := s.settle()
		l.told(t, server.caller)
		server.stop() // what is on the wire arrives
		b.nothingLost(t, l, arrived)
		b.balanced(t)
		doubled := arrived.doubled()
		if doubled > kills*window*binds {
			t.Errorf("%d messages arrived again; only %d segments can have been in doubt", doubled, kills*window*binds)
		}
		t.Logf("%d kills: %d messages accepted, %d of them unheard of, %d arrived again, %d turned away",
			kills, len(b.messages), len(b.messages)-len(l.accepted), doubled, len(l.away))
	})
}

// TestStopUnderLoadLosesAndDoublesNothing: an orderly end is a promise kept to
// everybody. Callers are warned, then turned away; what is in the window is
// answered; whoever starts next goes on exactly there.
func TestStopUnderLoadLosesAndDoublesNothing(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		const drain, stopTimeout = 200 * time.Millisecond, 10 * time.Second
		arrived := newArrivals()
		sim := startSimulator(t, smsc.Config{ResponseDelay: 50 * time.Millisecond, OnMessage: arrived.note})
		s := newSite(t, url, options{carrier: sim.Addr(), window: 20, binds: 2, drain: drain, stopTimeout: stopTimeout})
		server := s.serve()
		notReady := server.watchReadiness(t)
		var codes, warned, turnedAway counter
		underLoad, served, turned := codes.further(300), warned.further(clients+1), turnedAway.further(1)
		l := startLoad(t, server.caller, func(code int) {
			codes.add()
			switch {
			case code == 999:
				turnedAway.add()
			case closed(notReady):
				warned.add()
			}
			if code == 999 && !closed(notReady) {
				t.Error("a caller was turned away before readyz said so")
			}
		})
		await(t, underLoad, "answers under load")
		server.terminate()
		asked := time.Now()
		await(t, notReady, "readyz 503")
		await(t, served, "answers while not ready")
		await(t, turned, "caller that is turned away")
		if status := server.exit(drain + stopTimeout); status != exitDone {
			t.Errorf("the server ended with %d", status)
		}
		took := time.Since(asked)
		l.stop()

		server = s.serve()
		b := s.settle()
		server.stop()
		if len(b.messages) != len(l.accepted) {
			t.Errorf("%d messages are kept, %d were accepted", len(b.messages), len(l.accepted))
		}
		b.nothingLost(t, l, arrived)
		b.balanced(t)
		if doubled := arrived.doubled(); doubled > 0 {
			t.Errorf("%d messages arrived again", doubled)
		}
		t.Logf("stopped within %s: %d messages accepted, %d turned away", took.Round(time.Millisecond), len(b.messages), len(l.away))
	})
}

// watchReadiness gives a channel that is closed when /readyz answers 503.
func (s *serving) watchReadiness(t *testing.T) <-chan struct{} {
	ctx, cancel := context.WithCancel(context.Background())
	notReady, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for ctx.Err() == nil {
			resp, err := s.http.Get(s.url + "/readyz")
			if err != nil {
				return
			}
			resp.Body.Close()
			if resp.StatusCode == 503 {
				close(notReady)
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-gone })
	return notReady
}

func closed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

// await waits for a signal.
func await(t *testing.T, signal <-chan struct{}, what string) {
	t.Helper()
	const limit = 3 * patience // a thousand answers take their time under the race detector
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-signal:
	case <-timer.C:
		t.Fatalf("no %s within %s", what, limit)
	}
}
