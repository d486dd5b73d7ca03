package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// sentAs sends a message until the answer has the status: a setting takes effect within
// a second. It gives the id of the message that had it.
func (c caller) sentAs(t *testing.T, status int, text string) (id string) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		var sent struct {
			MessageID string
			Status    int
		}
		c.call(t, 0, &sent, "message/sendSmsMessage", "recipient", "77010000000", "text", text)
		if id = sent.MessageID; sent.Status != status {
			return fmt.Errorf("%q is sent with status %d, want %d", text, sent.Status, status)
		}
		return nil
	})
	return id
}

// bulk makes a campaign to three recipients and sends it.
func (c caller) bulk(t *testing.T, text string, want int) (id string) {
	t.Helper()
	c.call(t, 0, &id, "campaign/create", "data[text]", text)
	c.call(t, 0, nil, "campaign/addRecipients", "id", id,
		"recipients[0]", "77010000020", "recipients[1]", "77010000021", "recipients[2]", "77010000022")
	var answer int
	c.call(t, 0, &answer, "campaign/send", "id", id)
	if answer != want {
		t.Fatalf("the campaign %q is sent with %d, want %d", text, answer, want)
	}
	return id
}

// campaignBecomes waits until a campaign has the status, and gives the comment on it.
func (c caller) campaignBecomes(t *testing.T, id, status string) (comment string) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		var got struct{ CommonStatus, GlobalComment string }
		c.call(t, 0, &got, "campaign/get", "id", id)
		if comment = got.GlobalComment; got.CommonStatus != status {
			return fmt.Errorf("campaign %s is %s, want %s", id, got.CommonStatus, status)
		}
		return nil
	})
	return comment
}

// waiting are the ids that moderation list shows.
func (s *site) waiting() (ids []string) {
	s.t.Helper()
	var all []struct{ ID string }
	if err := json.Unmarshal([]byte(s.run("moderation", "list", "--json")), &all); err != nil {
		s.t.Fatal(err)
	}
	for _, q := range all {
		ids = append(ids, q.ID)
	}
	return ids
}

// TestWhatModeratorsDecideIsCarriedOut beside a running server, and by one that starts
// after a crash.
func TestWhatModeratorsDecideIsCarriedOut(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		arrived := newArrivals()
		sim := startSimulator(t, smsc.Config{OnMessage: arrived.note})
		s := newSite(t, url, options{carrier: sim.Addr()})
		server := s.serve()
		s.run("account", "set", "1", "--moderation", "always")
		hello := server.sentAs(t, 1, "Hello")
		sale := server.bulk(t, "Sale", 1)
		spam := server.bulk(t, "Spam", 1)
		casino := server.sentAs(t, 1, "Casino")
		if got := fmt.Sprint(s.waiting()); got != fmt.Sprint([]string{hello, sale, spam, casino}) {
			t.Errorf("there wait %s", got)
		}
		s.run("moderation", "approve", hello)
		server.becomes(t, hello, "DELIVRD")
		server.becomes(t, server.sentAs(t, 2, "Hello"), "DELIVRD")
		s.run("moderation", "approve", sale)
		server.campaignBecomes(t, sale, "DONE")
		s.run("moderation", "decline", spam, "--comment", "No spam")
		if comment := server.campaignBecomes(t, spam, "DECLINED"); comment != "No spam" {
			t.Errorf("the campaign was declined with %q", comment)
		}

		server.kill()
		s.run("moderation", "decline", casino, "--comment", "No games")
		complains(t, "decided already", "moderation", "approve", casino, "--config", s.config)
		server = s.serve()
		server.becomes(t, casino, "REJECTD")
		if comment := server.campaignBecomes(t, casino, "DECLINED"); comment != "No games" {
			t.Errorf("the message was declined with %q", comment)
		}
		if r, err := server.try("message/sendSmsMessage", "recipient", "77010000000", "text", "Casino"); err != nil || r.Code != 1 || !strings.Contains(string(r.Data), "No games") {
			t.Errorf("a text that was declined is answered with %d %s, %v", r.Code, r.Data, err)
		}
		if got := s.waiting(); len(got) != 0 {
			t.Errorf("there still wait %v", got)
		}
		b := &books{}
		testkit.Eventually(t, patience, func() error { // a declined campaign is paid back by a task
			s.read(b.money)
			got := arrived.counts()
			if paid := int64(opening) - b.balance; len(got) != 2 || got["Sale"] != 3 || paid != int64(got["Hello"]+3)*int64(segmentPrice) {
				return fmt.Errorf("there arrived %v, and %d was paid", got, paid)
			}
			return nil
		})
		server.stop()
		b.balanced(t)
		s.read(func(q *db.Reader) error {
			var uncarried int
			err := q.One(`SELECT count(*) FROM moderation_text WHERE carried < cases`, nil, &uncarried)
			if uncarried != 0 {
				t.Errorf("%d decisions were not carried out", uncarried)
			}
			return err
		})
	})
}
