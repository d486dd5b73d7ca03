package main

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// gate is a carrier that lets nobody bind until it is opened.
type gate struct {
	*smsc.Simulator
	open atomic.Bool
}

// Bind is part of smpp.Handler.
func (g *gate) Bind(s *smpp.ServerSession, b *smpp.Bind) smpp.Status {
	if !g.open.Load() {
		return smpp.StatusSysErr // unlike a wrong password, tried again soon
	}
	return g.Simulator.Bind(s, b)
}

func newGate(t *testing.T, sim *smsc.Simulator) (g *gate, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g = &gate{Simulator: sim}
	smpps, gone := smpp.NewServer(smpp.ServerConfig{SystemID: "north"}, g), make(chan struct{})
	go func() { defer close(gone); _ = smpps.Serve(l) }()
	t.Cleanup(func() { smpps.Close(t.Context()); <-gone })
	return g, l.Addr().String()
}

// lists waits until `carrier list` prints what the pattern matches.
func (s *site) lists(pattern string) {
	s.t.Helper()
	testkit.Eventually(s.t, patience, func() error {
		if got := s.run("carrier", "list"); !regexp.MustCompile("(?m)" + pattern).MatchString(got) {
			return fmt.Errorf("carrier list printed\n%swant %s", got, pattern)
		}
		return nil
	})
}

// TestAccountsAndSendersAreCheckedAgainAtDispatch: messages wait for a carrier while
// an account is blocked and a sender withdrawn, by commands beside the server.
func TestAccountsAndSendersAreCheckedAgainAtDispatch(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		arrived := newArrivals()
		carrier, addr := newGate(t, startSimulator(t, smsc.Config{OnMessage: arrived.note}))
		s := newSite(t, url, options{carrier: addr})
		bob := s.make("account", "create", "--name", "Bob", "--currency", "KZT", "--balance", "100")
		s.run("sender", "add", "--account", bob.ID, "SHOP")
		server := s.serve()
		other := newCaller(t, server.url, bob.APIKey)
		blocked, sent := server.send(t, "77010000000", "blocked"), other.send(t, "77010000100", "sent")
		var withdrawn struct{ MessageID string }
		other.call(t, 0, &withdrawn, "message/sendSmsMessage", "recipient", "77010000200", "text", "withdrawn", "from", "SHOP")
		s.lists(`^north +0 of 1 +0 of 0 +0 +smpp: .*ESME_RSYSERR.*, since 20.*\n\nqueued: 3, on hold: 0$`)

		s.run("account", "block", "1")
		s.run("sender", "remove", "--account", bob.ID, "SHOP")
		other.becomes(t, withdrawn.MessageID, "REJECTD")
		s.lists(`\nqueued: 2, on hold: 1$`)
		carrier.open.Store(true)
		other.becomes(t, sent, "DELIVRD")
		s.lists(`^north +1 of 1 +0 of 10 +0 +none\n\nqueued: 1, on hold: 1$`)
		testkit.Eventually(t, patience, func() error {
			if _, _, metrics := server.get(t, "/metrics"); !strings.Contains(metrics, "\nheliograph_messages_on_hold 1\n") {
				return fmt.Errorf("the metrics show none on hold:\n%s", metrics)
			}
			return nil
		})

		s.run("account", "unblock", "1")
		server.becomesOnceUnblocked(t, blocked, "DELIVRD")
		if got := arrived.counts(); len(got) != 2 || got["withdrawn"] != 0 {
			t.Errorf("arrived: %v", got)
		}
		if got := other.balance(t); got != "83.8000 KZT" {
			t.Errorf("after one message and one repaid the balance is %s", got)
		}
		if got, want := other.explain(t, withdrawn.MessageID), "accepted charged senderWithdrawn final repaid"; got != want {
			t.Errorf("explained as %q, want %q", got, want)
		}
		server.stop()
		s.lists(`^north +no server +0 of 0 +0 +none$`)
	})
}

// becomesOnceUnblocked is becomes for a key that is refused at first.
func (c caller) becomesOnceUnblocked(t *testing.T, id, status string) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		r, err := c.try("message/getSMSStatus", "ids", id)
		if err == nil && !strings.Contains(string(r.Data), `"`+status+`"`) {
			err = fmt.Errorf("message %s: code %d %s, want %s", id, r.Code, r.Data, status)
		}
		return err
	})
}

// explain gives the steps of a message's story, apart by spaces.
func (c caller) explain(t *testing.T, id string) string {
	t.Helper()
	var story struct{ Steps []struct{ Step string } }
	c.call(t, 0, &story, "message/explain", "id", id)
	var steps []string
	for _, s := range story.Steps {
		steps = append(steps, s.Step)
	}
	return strings.Join(steps, " ")
}

func TestCarrierListIsForScriptsToo(t *testing.T) {
	sim := startSimulator(t, smsc.Config{})
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: sim.Addr(), binds: 2})
	server := s.serve()
	s.lists(`^north +2 of 2`)
	want := fmt.Sprintf(`^{"queued":0,"onHold":0,"carriers":\[{"name":"north","binds":2,"bound":2,"window":20,"live":0,"inDoubt":0,`+
		`"nodes":\[{"node":%q,"binds":2,"bound":2,"window":20,"lastError":"","since":"20\d\d-.*"}\]}\]}\n$`, hostname())
	if got := s.run("carrier", "list", "--json"); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("printed %s, want %s", got, want)
	}
	server.stop()
}

func TestSeveralNodesAreListedEachWithItsLinks(t *testing.T) {
	v := carrierView{Binds: 4, Bound: 3, Nodes: []linksView{
		{Node: "a", Binds: 2, Bound: 2}, {Node: "b", Binds: 2, Bound: 1, LastError: "refused"},
	}}
	if got, want := v.links(), "3 of 4 (a 2 of 2, b 1 of 2)"; got != want {
		t.Errorf("links %q, want %q", got, want)
	}
	if got, want := v.trouble(), "refused, since never"; got != want {
		t.Errorf("trouble %q, want %q", got, want)
	}
}
