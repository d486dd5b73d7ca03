//go:build failpoint

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// The server dies at the failpoint between the commit and the answer.
func TestFailpointAfterTheCommitACallWithAKeyIsRepeatedAsOneMessage(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		send := []string{"recipient", "77010000020", "text", "hello", "params[idempotencyKey]", "order 7"}
		server := s.serve(failpoint.Env + "=" + string(failpoint.Accepted) + ":1")
		if r, err := server.try("message/sendSmsMessage", send...); err == nil {
			t.Fatalf("the server should have died, and answered %+v", r)
		}
		<-server.gone
		server = s.serve()
		var first, again struct{ MessageID string }
		server.call(t, 0, &first, "message/sendSmsMessage", send...)
		server.call(t, 0, &again, "message/sendSmsMessage", send...)
		var messages int
		s.read(func(q *db.Reader) error { return q.One(`SELECT count(*) FROM message`, nil, &messages) })
		if messages != 1 || first.MessageID == "" || first != again {
			t.Errorf("%d messages, answered as %q and %q", messages, first, again)
		}
		server.stop()
	})
}

// TestFailpointBetweenTwoChunksACallWithAKeyGoesOn: the server dies when it has added the
// first 250 of 500 recipients, with what was there before or in its place. The call that is
// made again adds the others, and is answered as the first one would have been.
func TestFailpointBetweenTwoChunksACallWithAKeyGoesOn(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		const all = 500
		for name, tt := range map[string]struct {
			replace string
			changed bool // by another call, before it is repeated
			before  int  // what is left of one
		}{"added": {"0", false, 1}, "replaced": {"1", false, 0}, "changed": {"1", true, 0}} {
			t.Run(name, func(t *testing.T) {
				id, add := s.cutShort(all, "params[replace]", tt.replace, "params[idempotencyKey]", name)
				server := s.serve()
				server.call(t, 12, nil, "campaign/addRecipients", "id", id, "recipients", "77010000000", "params[idempotencyKey]", name)
				if tt.changed {
					server.addsOnceFree(t, "id", id, "recipients", "77030000000", "params[replace]", "1")
				}
				r := server.addsOnceFree(t, add...)
				r.isWhole(t, all)
				if again := server.addsOnceFree(t, add...); string(again.Data) != string(r.Data) || again.Code != r.Code {
					t.Errorf("answered again with %d %s", again.Code, again.Data)
				}
				if n := s.recipients(id); n != all-1+tt.before {
					t.Errorf("%d recipients, want %d", n, all-1+tt.before)
				}
				var info struct {
					Counters struct{ TotalMsgNum, RecipientsRejected string }
				}
				server.call(t, 0, &info, "campaign/getInfo", "id", id)
				if c := info.Counters; c.TotalMsgNum != fmt.Sprint(all-1+tt.before) || c.RecipientsRejected != "1" {
					t.Errorf("counters %+v", c)
				}
				server.stop()
			})
		}
	})
}

// cutShort makes a campaign of one and adds recipients to it, the first of whom has no
// number, until the server dies between two chunks. It gives the campaign and the call.
func (s *site) cutShort(all int, params ...string) (id string, add []string) {
	s.t.Helper()
	server := s.serve(failpoint.Env + "=" + string(failpoint.RecipientsAdded) + ":3")
	server.call(s.t, 0, &id, "campaign/create", "data[text]", "Hello")
	server.call(s.t, 0, nil, "campaign/addRecipients", "id", id, "recipients", "77020000000")
	numbers := []string{"nobody"}
	for i := range all - 1 {
		numbers = append(numbers, fmt.Sprint(77010000000+i))
	}
	add = append([]string{"id", id, "recipients", strings.Join(numbers, ",")}, params...)
	if r, err := server.try("campaign/addRecipients", add...); err == nil {
		s.t.Fatalf("the server should have died, and answered %+v", r)
	}
	<-server.gone
	if n := s.recipients(id); n < 2 || n >= all-1 {
		s.t.Fatalf("%d recipients are added: not between two chunks", n)
	}
	return id, add
}

// recipients counts the messages of a campaign in the database.
func (s *site) recipients(id string) (n int) {
	s.t.Helper()
	s.read(func(q *db.Reader) error {
		return q.One(`SELECT count(*) FROM message WHERE campaign_id = CAST($1 AS bigint)`, []any{id}, &n)
	})
	return n
}

// addsOnceFree adds recipients as soon as nobody holds the campaign whom its server takes
// for alive.
func (c caller) addsOnceFree(t *testing.T, fields ...string) (r reply) {
	t.Helper()
	testkit.Eventually(t, patience, func() (err error) {
		if r, err = c.try("campaign/addRecipients", fields...); err == nil && r.Code == 10 {
			err = errors.New(r.Message)
		}
		return err
	})
	return r
}

// isWhole wants all but the first to be added, each as a message of its own.
func (r reply) isWhole(t *testing.T, all int) {
	t.Helper()
	var items []struct {
		Code      int
		MessageID *string
	}
	if err := json.Unmarshal(r.Data, &items); err != nil || r.Code != 98 || len(items) != all {
		t.Fatalf("code %d with %d items, %v; want 98 with %d", r.Code, len(items), err, all)
	}
	ids := map[string]bool{}
	for i, item := range items {
		if want := i > 0; (item.Code == 0) != want || (item.MessageID != nil) != want {
			t.Fatalf("item %d has code %d", i, item.Code)
		}
		if item.MessageID != nil {
			ids[*item.MessageID] = true
		}
	}
	if len(ids) != all-1 {
		t.Errorf("%d ids", len(ids))
	}
}
