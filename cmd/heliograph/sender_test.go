package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// sentFrom sends a message that asks for a sender, until it is sent from another one, or
// refused with a field's words. It gives the id of the message that was.
func (c caller) sentFrom(t *testing.T, from, want string) (id string) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		r, err := c.try("message/sendSmsMessage", "recipient", "77010000000", "text", "Hello", "from", from)
		got := string(r.Data)
		if err == nil && r.Code == 0 {
			got, id = c.sender(t, r.Data)
		}
		if err == nil && !strings.Contains(got, want) {
			err = fmt.Errorf("sent from %s, want %s", got, want)
		}
		return err
	})
	return id
}

// sender is whom message/list shows the message from.
func (c caller) sender(t *testing.T, sent json.RawMessage) (name, id string) {
	t.Helper()
	var s struct{ MessageID string }
	if err := json.Unmarshal(sent, &s); err != nil {
		t.Fatal(err)
	}
	var found struct{ Items []struct{ From string } }
	c.call(t, 0, &found, "message/list", "criteria[id]", s.MessageID)
	if len(found.Items) != 1 {
		t.Fatalf("message %s is listed %d times", s.MessageID, len(found.Items))
	}
	return found.Items[0].From, s.MessageID
}

// TestWhatIsDecidedOnSendersTakesEffectAtOnce beside a server whose carrier is away, so
// that messages wait.
func TestWhatIsDecidedOnSendersTakesEffectAtOnce(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		server.sentFrom(t, "SHOP", "Heliograph")
		s.run("sender", "request", "--account", "1", "SHOP", "--description", "Our shop")
		var senders struct {
			Items []struct{ GlobalStatus string }
		}
		server.call(t, 0, &senders, "alphaname/list", "sort[id]", "DESC")
		if len(senders.Items) != 2 || senders.Items[0].GlobalStatus != "0" {
			t.Errorf("after the request the senders are %v", senders.Items)
		}
		server.sentFrom(t, "SHOP", "Heliograph")
		s.run("sender", "approve", "2")
		first := server.sentFrom(t, "SHOP", "SHOP")

		s.run("sender", "rule", "set", "KZ", "--no-alphanumeric")
		server.becomes(t, first, "REJECTD")
		server.sentFrom(t, "SHOP", `{"from":["`)
		s.run("sender", "rule", "remove", "KZ")
		second := server.sentFrom(t, "SHOP", "SHOP")

		s.run("sender", "refuse", "2", "--comment", "No proof")
		server.becomes(t, second, "REJECTD")
		waits := server.sentFrom(t, "SHOP", "Heliograph")

		s.run("account", "set", "1", "--bar", "UA,KZ")
		server.sentFrom(t, "", `{"recipient":["this account may not send messages to this country (KZ)"]}`)
		s.run("account", "set", "1", "--bar", "UA")
		server.sentFrom(t, "", "Heliograph")
		if got := server.statuses(t, waits)[0].Status; got != "ENQUEUD" {
			t.Errorf("what had been accepted before its country was barred is %s", got)
		}
		server.stop()
		s.books(func(work func(q *db.Reader) error) error { s.read(work); return nil }).balanced(t)
	})
}
