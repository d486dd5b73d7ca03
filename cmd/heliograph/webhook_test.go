package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// delivered is an item of webhook/deliveries.
type delivered struct {
	EventID, WebhookID, State string
	NextAttemptTs             *string
	Attempts                  []struct {
		Attempt, Ts         string
		HTTPStatus, Problem *string
	}
}

// attempted waits until the API tells of so many attempts of an event to a webhook.
func (c caller) attempted(t *testing.T, webhook int64, event string, attempts int) (d delivered) {
	t.Helper()
	look := func() error {
		var found struct{ Items []delivered }
		c.call(t, 0, &found, "webhook/deliveries", "criteria[webhookId]", strconv.FormatInt(webhook, 10), "criteria[eventId]", event)
		if len(found.Items) != 1 || len(found.Items[0].Attempts) < attempts {
			return fmt.Errorf("event %s to webhook %d: %+v, want %d attempts", event, webhook, found.Items, attempts)
		}
		d = found.Items[0]
		return nil
	}
	testkit.Eventually(t, patience, look)
	testkit.Eventually(t, patience, look) // a state is read before its attempts, and may be older
	return d
}

// TestDevTellsInEachFormat: what became of messages arrives, signed, at whoever wants to
// hear of it.
func TestDevTellsInEachFormat(t *testing.T) {
	s, r := startSandbox(t, t.TempDir()), newReceiver(t, nil)
	types := map[int64]string{
		s.webhook(t, r.url, "json"): "application/json; charset=utf-8",
		s.webhook(t, r.url, "xml"):  "application/xml; charset=utf-8",
		s.webhook(t, r.url, "raw"):  "application/x-www-form-urlencoded",
	}
	want := map[int64]client.DeliveryReport{}
	for ending, status := range map[string]string{"00": "DELIVRD", "01": "UNDELIV", "02": "REJECTD", "03": "EXPIRED", "04": "DELETED"} {
		report := client.DeliveryReport{To: "770100000" + ending, Status: status, SegNum: 2}
		id := number(t, s.send(t, report.To, strings.Repeat("Long. ", 30)))
		report.MessageID, report.CampaignID = id, id
		want[id] = report
	}
	r.awaitCount(len(types) * len(want))
	for webhook, contentType := range types {
		for id, report := range want {
			tellings := r.tellings(notice{webhook, id})
			if len(tellings) != 1 {
				t.Errorf("webhook %d was told of message %d %d times", webhook, id, len(tellings))
				continue
			}
			got := tellings[0]
			report.StatusUpdateTs = got.CreateTs
			if got.Report != report || got.Attempt != 1 || got.Type != "sms-delivery-report" || got.contentType != contentType {
				t.Errorf("webhook %d was told as %s %+v, want %s %+v", webhook, got.contentType, got.WebhookEvent, contentType, report)
			}
		}
	}
	s.stop()
}

// TestTheLadderOfAttempts climbs all of it on the test clock, over a restart, and asks
// for the event again once the receiver is well.
func TestTheLadderOfAttempts(t *testing.T) {
	t.Parallel()
	const tries = 10
	var status atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	r := newReceiver(t, func(*client.WebhookEvent) int { return int(status.Load()) })
	dir := t.TempDir()
	s := startSandbox(t, dir, "--clock")
	advance := func(by time.Duration) {
		r.ahead.Add(int64(by))
		succeed(t, "clock", "advance", by.String(), "--data", dir)
	}
	webhook := s.webhook(t, r.url, "json")
	id := s.send(t, "77010000000", "Hello")
	for n := 1; n < tries; n++ {
		d, wait := s.attempted(t, webhook, id, n), time.Duration(n)*time.Minute
		if next := d.wait(t); next < wait || next > wait+patience {
			t.Errorf("after attempt %d the receiver is left alone for %s", n, next)
		}
		if n == 3 {
			s.stop()
			s = startSandbox(t, dir, "--clock")
		}
		advance(wait)
	}
	if d := s.attempted(t, webhook, id, tries); d.State != "failed" || d.NextAttemptTs != nil {
		t.Errorf("after %d attempts: %+v", tries, d)
	}
	s.warned(t, true, false)
	advance(24 * time.Hour)
	s.warned(t, true, true)

	status.Store(http.StatusNoContent)
	s.call(t, 0, nil, "webhook/replay", "eventIds", id)
	if d := s.attempted(t, webhook, id, tries+1); d.State != "delivered" {
		t.Errorf("asked for again it is %+v", d)
	}
	s.warned(t, false, false)
	var attempts []int
	for _, one := range r.tellings(notice{webhook, number(t, id)}) {
		attempts = append(attempts, one.Attempt)
	}
	if !slices.Equal(attempts, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("the attempts that arrived are %v", attempts)
	}
	s.stop()
}

// wait is how long after the last attempt the next one is due.
func (d *delivered) wait(t *testing.T) time.Duration {
	t.Helper()
	if d.State != "waiting" || d.NextAttemptTs == nil {
		t.Fatalf("it does not wait: %+v", d)
	}
	last, err := time.Parse(time.DateTime, d.Attempts[len(d.Attempts)-1].Ts)
	next, err2 := time.Parse(time.DateTime, *d.NextAttemptTs)
	if err := cmp.Or(err, err2); err != nil {
		t.Fatal(err)
	}
	return next.Sub(last)
}

// warned waits until the account is told that its one webhook fails, and warned of it.
func (c caller) warned(t *testing.T, failing, warned bool) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		var found struct {
			Items [1]struct{ FailingSinceTs, Warning *string }
		}
		c.call(t, 0, &found, "webhook/list")
		since, warning := orEmpty(found.Items[0].FailingSinceTs), orEmpty(found.Items[0].Warning)
		if (since != "") != failing || (warning != "") != warned || !strings.Contains(warning, since) && warned {
			return fmt.Errorf("it fails since %q, and the warning is %q; fails: %t, warned: %t", since, warning, failing, warned)
		}
		return nil
	})
}

// orEmpty is a field's value, "" for null.
func orEmpty(field *string) string { return *cmp.Or(field, new(string)) }

func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestInnerAddressesAreReachedOnlyWhereAllowed: not when a webhook is made, not where a
// redirect's name turns out to lead, and not once they are not allowed any more.
func TestInnerAddressesAreReachedOnlyWhereAllowed(t *testing.T) {
	t.Parallel()
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		const inner = "the address leads into the operator's own network"
		o := options{carrier: startSimulator(t, smsc.Config{}).Addr(), webhooks: "127.0.0.2/32"}
		s, r := newSite(t, url, o), newReceiver(t, nil)
		behind := strings.TrimPrefix(r.url, "http://127.0.0.1")
		server := s.serve()
		webhook := server.webhook(t, misbehave(t, "127.0.0.2", answer("302 Found", "Location: http://localhost"+behind)), "json")
		server.mayNotReach(t, "127.0.0.1"+behind)
		server.fails(t, webhook, server.send(t, "77010000000", "Hello"), "302", inner)
		server.stop()

		o.webhooks = ""
		s.configure(o)
		server = s.serve()
		for _, host := range []string{"127.0.0.2", "localhost", "127.2", "2130706434", "[::1]", "[::ffff:127.0.0.2]"} {
			server.mayNotReach(t, host+behind)
		}
		server.fails(t, webhook, server.send(t, "77010000000", "Hello again"), "", inner)
		server.stop()
		if n, _ := r.count(); n > 0 {
			t.Errorf("an inner address was told of %d messages", n)
		}
	})
}

// mayNotReach checks that no webhook is made for the address.
func (c caller) mayNotReach(t *testing.T, address string) {
	t.Helper()
	var wrong map[string][]string
	c.call(t, 1, &wrong, "webhook/create", "data[eventType]", "sms-delivery-report", "data[url]", "http://"+address)
	if len(wrong) != 1 || len(wrong["url"]) != 1 {
		t.Errorf("%s: %v", address, wrong)
	}
}

// fails waits for an event's first attempt, which must fail with the answer and the
// problem; "" = there is none.
func (c caller) fails(t *testing.T, webhook int64, event, httpStatus, problem string) {
	t.Helper()
	first := c.attempted(t, webhook, event, 1).Attempts[0]
	if orEmpty(first.HTTPStatus) != httpStatus || orEmpty(first.Problem) != problem {
		t.Errorf("webhook %d: %q and %q, want %q and %q", webhook, orEmpty(first.HTTPStatus), orEmpty(first.Problem), httpStatus, problem)
	}
}
