package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestABackupIsAWayBack: a server under load is backed up and goes on; from the
// backup another is set up in a new place.
func TestABackupIsAWayBack(t *testing.T) {
	// The carrier is slower than the callers, so that the backup has a queue, and a
	// window full of segments without an answer.
	sim := startSimulator(t, smsc.Config{ResponseDelay: 200 * time.Millisecond})
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: sim.Addr()})
	server := s.serve()
	var codes counter
	enough := codes.further(1500)
	l := startLoad(t, server.caller, func(int) { codes.add() })
	await(t, enough, "messages accepted")
	deferred := server.deferred(t, time.Now().Add(2*time.Hour))

	before := l.acceptedSoFar()
	before[deferred] = "deferred"
	after := codes.further(200)
	file := filepath.Join(s.dir, "backup.db")
	s.run("backup", "--to", file)
	await(t, after, "messages accepted after the backup")
	l.stop()
	server.stop()
	complains(t, "exist", "backup", "--to", file, "--config", s.config)
	s.run("backup", "--to", filepath.Join(s.dir, "stopped.db"))

	for _, unsent := range []string{"send", "drop"} {
		t.Run(unsent, func(t *testing.T) {
			arrived := newArrivals()
			sim := startSimulator(t, smsc.Config{OnMessage: arrived.note})
			r := s.restored(t, file, unsent, options{carrier: sim.Addr(), window: 100})
			server := r.serve()
			again := server.send(t, "77010000000", "after the restore")
			server.becomes(t, again, "DELIVRD")
			b := r.quiet(1)
			server.stop()
			b.balanced(t)
			for id, text := range before {
				if b.messages[id].Text != text {
					t.Errorf("message %d, %q, was accepted before the backup and is %q", id, text, b.messages[id].Text)
				}
			}
			if id, _ := strconv.ParseInt(again, 10, 64); id <= last(l.accepted) {
				t.Errorf("message %d was another's before", id)
			}
			if status := b.messages[deferred].Status; status != message.Created {
				t.Errorf("the deferred message is %s", status)
			}
			expired, sent := b.count(message.Expired), len(arrived.counts())-1
			if drop := unsent == "drop"; drop != (expired > 0) || drop != (sent == 0) {
				t.Errorf("%d messages expired and %d were sent", expired, sent)
			}
			t.Logf("%d messages came back: %d expired, %d sent", len(b.messages), expired, sent)
		})
	}
}

// restored is a site like this one, on a backup of its database.
func (s *site) restored(t *testing.T, backup, unsent string, o options) *site {
	t.Helper()
	dir := t.TempDir()
	r := &site{t: t, dir: dir, url: "sqlite:" + filepath.Join(dir, "restored.db"), config: filepath.Join(dir, "heliograph.toml"), key: s.key}
	restore := []string{"restore", "--from", backup, "--to", r.url, "--unsent", unsent}
	succeed(t, restore...)
	complains(t, "exist", restore...)
	r.configure(o)
	return r
}

// quiet waits until nothing is to be sent any more but so many deferred messages,
// and reads the books. What had been submitted before a backup waits for receipts
// that went to the original.
func (s *site) quiet(deferred int) *books {
	s.t.Helper()
	testkit.Eventually(s.t, patience, func() error {
		var queued, unsent int
		s.read(func(q *db.Reader) error {
			return q.One(`SELECT (SELECT count(*) FROM queue), (SELECT count(*) FROM pending WHERE status = 1 AND epoch > 0)`, nil, &queued, &unsent)
		})
		if queued != deferred || unsent > 0 {
			return fmt.Errorf("%d messages are queued, %d segments unsent", queued, unsent)
		}
		return nil
	})
	return s.books(func(work func(q *db.Reader) error) error { s.read(work); return nil })
}

func (b *books) count(status message.Status) (n int) {
	for _, m := range b.messages {
		if m.Status == status {
			n++
		}
	}
	return n
}

// deferred sends a message that is to go later.
func (c caller) deferred(t *testing.T, at time.Time) int64 {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	var sent struct{ MessageID string }
	c.call(t, 0, &sent, "message/sendSmsMessage", "recipient", "77010000000", "text", "deferred",
		"params[deferredToTs]", at.In(zone).Format(time.DateTime))
	id, err := strconv.ParseInt(sent.MessageID, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (l *load) acceptedSoFar() map[int64]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.accepted)
}

func last(accepted map[int64]string) (id int64) {
	for each := range accepted {
		id = max(id, each)
	}
	return id
}
