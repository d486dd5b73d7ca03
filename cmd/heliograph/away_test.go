package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestADatabaseThatGoesAwayLosesNothing cuts a server under load off from PostgreSQL,
// in the middle of whatever is under way, and lets it back.
func TestADatabaseThatGoesAwayLosesNothing(t *testing.T) {
	t.Parallel()
	gate, url := testkit.NewGate(t, testkit.NewDatabase(t, "postgres"))
	arrived := newArrivals()
	sim := startSimulator(t, smsc.Config{ResponseDelay: 20 * time.Millisecond, ReceiptDelay: 50 * time.Millisecond, OnMessage: arrived.note})
	s := newSite(t, url, options{carrier: sim.Addr(), window: 20, binds: 2})
	server := s.serve()
	var accepted, refused counter
	l := startLoad(t, server.caller, func(code int) {
		switch code {
		case 0:
			accepted.add()
		case 999:
			refused.add()
		}
	})
	for range 4 {
		await(t, accepted.further(200), "messages accepted")
		turnedAway := refused.further(300)
		gate.Shut()
		await(t, turnedAway, "callers turned away")
		if status, _, _ := server.get(t, "/readyz"); status != http.StatusServiceUnavailable {
			t.Errorf("readyz is %d without a database", status)
		}
		gate.Open()
	}
	await(t, accepted.further(200), "messages accepted once it is back")
	l.stop()
	b := s.settle()
	l.told(t, server.caller)
	server.stop()
	b.nothingLost(t, l, arrived)
	b.balanced(t)
	if len(b.messages) != len(l.accepted) {
		t.Errorf("%d messages are kept, %d were accepted", len(b.messages), len(l.accepted))
	}
	if doubled := arrived.doubled(); doubled > 0 {
		t.Errorf("%d messages arrived again", doubled)
	}
	t.Logf("%d accepted, %d turned away", len(l.accepted), len(l.away))
}

// TestAServerThatWasGivenUpForDeadEnds, in order and with the reason, so that whoever
// watches over it starts it anew.
func TestAServerThatWasGivenUpForDeadEnds(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		sim := startSimulator(t, smsc.Config{})
		s := newSite(t, url, options{carrier: sim.Addr()})
		server := s.serve()
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE node SET lease_until_ms = 0`)
			return err
		})
		if status, said := server.exit(patience), server.errors.String(); status != exitFailed || !strings.Contains(said, "heliograph: "+db.ErrGivenUp.Error()) {
			t.Errorf("ended with %d, saying\n%s", status, said)
		}
		server = s.serve()
		server.becomes(t, server.send(t, "77010000000", "Hello"), "DELIVRD")
		server.stop()
	})
}

// write changes the site's database, beside the server.
func (s *site) write(work func(tx *db.Tx) error) {
	s.t.Helper()
	d, err := db.Open(s.t.Context(), s.url, db.Options{Logger: testkit.Logger(s.t)})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(s.t.Context(), db.Answers, work); err != nil {
		s.t.Fatal(err)
	}
}
