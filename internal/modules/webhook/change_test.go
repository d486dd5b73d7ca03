package webhook_test

import (
	"slices"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
)

func TestWhileAWebhookIsOffItsEventsWait(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://a.example")
		open := make(chan struct{})
		w.receivers.at("https://a.example", answersWhen(open, refuses))
		w.delivered(a, 20)
		w.receivers.await(t, "https://a.example", webhook.ReceiverBegins)
		w.update(a, id, "status=0")
		close(open)
		w.idle()
		w.passes(time.Hour)
		w.idle()
		if n := len(w.receivers.all("https://a.example")); n != webhook.ReceiverBegins {
			t.Errorf("%d attempts, %d of them after it was switched off", n, n-webhook.ReceiverBegins)
		}
		w.receivers.at("https://a.example", accepts)
		w.update(a, id, "status=1")
		w.becomes(20, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
		w.idle()
		once := 0
		for _, numbers := range attempts(w.receivers.all("https://a.example")) {
			if slices.Equal(numbers, []int{1}) {
				once++
			} else if !slices.Equal(numbers, []int{1, 2}) {
				t.Errorf("an event came in as attempts %v", numbers)
			}
		}
		if once != 20-webhook.ReceiverBegins {
			t.Errorf("%d events came in once, want %d: those that were not attempted before", once, 20-webhook.ReceiverBegins)
		}
	})
}

func TestWhatWaitsGoesWhereItsWebhookLeadsThen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://old.example", "secret=old")
		w.receivers.at("https://old.example", refuses)
		w.delivered(a, 1)
		w.receivers.await(t, "https://old.example", 1)
		w.idle()
		w.update(a, id, "url=https://new.example", "secret=new", "format=raw")
		w.passes(time.Minute)
		got := w.receivers.await(t, "https://new.example", 1)[0]
		if got.Attempt != 2 || got.Secret != "new" || got.Format != "raw" || len(w.receivers.all("https://old.example")) != 1 {
			t.Errorf("%+v", got)
		}
		w.idle()
	})
}

// TestWhatADeletedWebhookHadToTellIsGivenUp: what is in memory, and what there is more of
// than one transaction gives up.
func TestWhatADeletedWebhookHadToTellIsGivenUp(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id, other := w.webhook(a, "https://a.example"), w.webhook(a, "https://other.example")
		w.receivers.at("https://a.example", refuses)
		w.receivers.at("https://other.example", refuses)
		w.delivered(a, 1)
		w.receivers.await(t, "https://a.example", 1)
		w.receivers.await(t, "https://other.example", 1)
		w.idle() // due in a minute
		open := make(chan struct{})
		w.receivers.at("https://a.example", answersWhen(open, refuses))
		w.update(a, other, "status=0")
		w.delivered(a, webhook.ClaimMost+webhook.HeldAtFirst)
		w.delivered(a, webhook.ClaimMost)
		w.receivers.await(t, "https://a.example", 1+1)
		w.delete(a, id)
		close(open)
		w.becomes(0, `SELECT count(*) FROM webhook_delivery WHERE webhook_id = $1 AND state <> 2`, id)
		w.idle()
		posts := len(w.receivers.all("https://a.example"))
		w.get(a, "webhook/replay", "eventIds="+itoa(w.receivers.all("https://a.example")[posts-1].Event.ID), api.CodeNothingDone, nil)
		w.passes(time.Hour)
		w.idle()
		if n := len(w.receivers.all("https://a.example")); n != posts {
			t.Errorf("%d attempts after it was deleted", n-posts)
		}
		if n := w.count(`SELECT count(*) FROM webhook_delivery WHERE webhook_id = $1 AND state = 0`, other); n != 1 {
			t.Error("another webhook's event was given up, too")
		}
	})
}

func TestADeletedWebhookDoesNotWaitForWhatIsNotDue(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		w.delivered(a, 1)
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		w.delete(a, id)
		w.becomes(1, `SELECT count(*) FROM webhook_delivery WHERE state = 2`)
	})
}

// health is what webhook/get says of a webhook.
func (w *world) health(a account, id int64) (since, warning *string) {
	w.t.Helper()
	var got struct{ FailingSinceTs, Warning *string }
	w.get(a, "webhook/get", "id="+itoa(id), api.CodeOK, &got)
	return got.FailingSinceTs, got.Warning
}

// failsSince checks since when a webhook fails ("" = it does not), and whether the account
// is told that this is long.
func (w *world) failsSince(a account, id int64, want string, long bool) {
	w.t.Helper()
	since, warning := w.health(a, id)
	got := ""
	if since != nil {
		got = *since
	}
	if got != want || (warning != nil) != long {
		w.t.Errorf("failing since %q, warning %v; want %q, %v", got, warning != nil, want, long)
	}
}

func TestAnAccountIsToldThatAWebhookFailedForADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://a.example")
		tell := func() {
			n := len(w.receivers.all("https://a.example"))
			w.delivered(a, 1)
			w.receivers.await(t, "https://a.example", n+1)
			w.idle()
			w.webhooks.Refresh(t.Context())
		}
		tell()
		w.failsSince(a, id, "", false)
		w.receivers.at("https://a.example", refuses)
		for range 2 {
			tell()
			w.failsSince(a, id, "2026-03-01 17:00:00", false)
			w.clock.Advance(12*time.Hour - time.Second)
		}
		w.failsSince(a, id, "2026-03-01 17:00:00", false)
		w.restart()
		w.clock.Advance(2 * time.Second)
		w.failsSince(a, id, "2026-03-01 17:00:00", true)
		w.idle()
		w.receivers.at("https://a.example", accepts)
		tell()
		w.failsSince(a, id, "", false)
	})
}

func TestAtANewAddressNothingHasFailedYet(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://first.example")
		open := make(chan struct{})
		w.receivers.at("https://first.example", refuses)
		w.receivers.at("https://second.example", answersWhen(open, refuses))
		w.receivers.at("https://third.example", refuses)
		w.delivered(a, 1)
		w.receivers.await(t, "https://first.example", 1)
		w.idle()
		w.failsSince(a, id, "2026-03-01 17:00:00", false)
		w.update(a, id, "url=https://second.example")
		w.failsSince(a, id, "", false)
		w.passes(time.Minute)
		w.receivers.await(t, "https://second.example", 1)
		w.update(a, id, "url=https://third.example")
		close(open) // what is under way still fails at the second one
		w.idle()
		w.failsSince(a, id, "", false)
		w.passes(2 * time.Minute)
		w.receivers.await(t, "https://third.example", 1)
		w.idle()
		w.failsSince(a, id, "2026-03-01 17:03:00", false)
		w.update(a, id, "url=https://third.example", "secret=s")
		w.failsSince(a, id, "2026-03-01 17:03:00", false)
	})
}
