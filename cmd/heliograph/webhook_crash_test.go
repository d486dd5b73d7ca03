package main

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestKillNineTellsOfEveryMessage kills the server again and again while it tells a
// webhook what became of messages.
func TestKillNineTellsOfEveryMessage(t *testing.T) {
	t.Parallel()
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		const kills = 3
		codes, died := &counter{}, deaths{}
		sim := startSimulator(t, smsc.Config{ResponseDelay: 5 * time.Millisecond})
		s := newSite(t, url, options{carrier: sim.Addr(), window: 100, webhooks: loopback4})
		r := newReceiver(t, sometimesBusy)
		r.delay = 20 * time.Millisecond // so that attempts are under way at any time
		server := s.serve()
		webhook := server.webhook(t, r.url, "json")
		l := startLoad(t, server.caller, func(int) { codes.add() })
		for range kills {
			await(t, codes.further(300+rand.IntN(600)), "answers under load")
			server.kill()
			r.awaitQuiet()
			died.bury(s)
			server = s.serve()
			l.goOnWith(server.caller)
		}
		await(t, codes.further(200), "answers after the last kill")
		l.stop()
		b := s.settle()
		s.tellAll()
		server.stop()
		again := r.toldOfAll(t, webhook, s, b, died)
		if len(died) == 0 {
			t.Error("no kill landed while anything was being told")
		}
		t.Logf("%d kills: %d messages, %d events in memory at a kill, %d of them told again", kills, len(b.messages), len(died), again)
	})
}

// TestStopUnderLoadTellsOfEachMessageOnce: what is being told when a server stops is told
// to its end, what is not is left to whoever starts next, and nothing is told twice.
func TestStopUnderLoadTellsOfEachMessageOnce(t *testing.T) {
	t.Parallel()
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		var gate sync.RWMutex // locked while nothing is answered
		r := newReceiver(t, func(*client.WebhookEvent) int {
			gate.RLock()
			defer gate.RUnlock()
			return http.StatusNoContent
		})
		codes, left := &counter{}, deaths{}
		sim := startSimulator(t, smsc.Config{ResponseDelay: 5 * time.Millisecond})
		s := newSite(t, url, options{carrier: sim.Addr(), window: 100, webhooks: loopback4})
		server := s.serve()
		webhook := server.webhook(t, r.url, "json")
		l := startLoad(t, server.caller, func(int) { codes.add() })
		stopLoaded := func() {
			gate.Lock()
			defer gate.Unlock()
			await(t, codes.further(100), "messages, more than are told of at once") // well within an attempt's 5 s
			server.terminate()
			server.await(server.errors, "state=disconnected")
		}
		for range 2 {
			await(t, codes.further(200), "answers under load")
			stopLoaded()
			server.stopped()
			if left.bury(s); len(left) > 0 {
				t.Errorf("a server that was told to stop left %d events in its hands", len(left))
			}
			server = s.serve()
			l.goOnWith(server.caller)
		}
		await(t, codes.further(clients), "answers after the restarts")
		l.stop()
		b := s.settle()
		s.tellAll()
		server.stop()
		if again := r.toldOfAll(t, webhook, s, b, nil); again > 0 {
			t.Errorf("%d events were told again", again)
		}
	})
}
