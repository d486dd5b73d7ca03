package webhook_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var waitingEvents = flag.Int("waiting", 100_000, "events that wait for a receiver that never answers")

// waitFor writes events that wait for a webhook, and their messages, straight into the
// tables.
func (w *world) waitFor(a account, webhookID int64, n int) {
	w.t.Helper()
	const first, chunk = 1_000_000, 50_000 // beyond the ids that others get
	like := w.messagesOf(a, 1)[0].ID
	for from := first; from < first+n; from += chunk {
		ids := fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) AS ids",
			from, min(from+chunk, first+n)-1)
		w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
			_, messages := tx.Exec(`INSERT INTO message (id, account_id, campaign_id, created_ms, sender, recipient, text, country, operator,
					seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms)
				SELECT i, account_id, i, created_ms, sender, recipient, text, country, operator,
					seg_num, seg_price, 4, moderation, creation_way, mclass, validity_min, expires_ms
				FROM message, `+ids+` WHERE id = $1`, like)
			_, events := tx.Exec(`INSERT INTO webhook_delivery (account_id, event_id, webhook_id, created_ms, state, attempts, tries, due_ms, epoch)
				SELECT CAST($1 AS bigint), i, CAST($2 AS bigint), 0, 0, 0, 0, 0, 0 FROM `+ids, a.id, webhookID)
			return errors.Join(messages, events)
		}))
	}
}

// TestADeadReceiverDelaysNobodyElse, however much waits for it: others' events go past it,
// and only a few of its own are in memory.
func TestADeadReceiverDelaysNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		dead := w.webhook(a, "https://dead.example")
		w.receivers.at("https://dead.example", neverAnswers)
		w.waitFor(a, dead, *waitingEvents)
		w.webhooks.Deliverer().Wake()
		w.receivers.await(t, "https://dead.example", webhook.ReceiverBegins)
		accounts := []account{a}
		w.webhook(a, "https://alive.example/0")
		for i := 1; i < 5; i++ {
			accounts = append(accounts, w.account())
			w.webhook(accounts[i], fmt.Sprintf("https://alive.example/%d", i))
		}
		for range 3 {
			for i, a := range accounts {
				at := fmt.Sprintf("https://alive.example/%d", i)
				n := len(w.receivers.all(at))
				w.delivered(a, 20)
				w.receivers.await(t, at, n+20)
			}
			w.webhooks.Deliverer().Wake()
		}
		w.becomes(5*3*20, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
		held, active := w.webhooks.Deliverer().Counts()
		if held > webhook.HeldAtFirst || active != webhook.ReceiverBegins || len(w.receivers.all("https://dead.example")) != active {
			t.Errorf("%d events in memory, %d attempts under way", held, active)
		}
	})
}

func TestWhatMemoryHasNoRoomForWaitsInTheDatabaseAndIsToldOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		open := make(chan struct{})
		w.receivers.at("https://a.example", answersWhen(open, accepts))
		w.delivered(a, 500)
		w.delivered(a, 100)
		if n := w.count(`SELECT count(*) FROM webhook_delivery WHERE epoch <> 0`); n != webhook.HeldAtFirst {
			t.Errorf("%d events in memory, want %d", n, webhook.HeldAtFirst)
		}
		close(open)
		w.becomes(600, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
		w.idle()
		w.onceEach(600)

		w.feed()
		all := w.messagesOf(a, 1)
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			var epoch int64
			err := w.messages.Settle(tx, changes(all, message.Delivered, tx.Now()))
			err = errors.Join(err, tx.One(`SELECT epoch FROM webhook_delivery WHERE state = 0`, nil, &epoch))
			if epoch != w.node.Epoch() {
				t.Error("with nothing left in the database an event still goes there")
			}
			return err
		}))
	})
}

// onceEach checks that so many events came in, each by one attempt.
func (w *world) onceEach(events int) {
	w.t.Helper()
	byEvent := attempts(w.receivers.all("https://a.example"))
	for event, numbers := range byEvent {
		if !slices.Equal(numbers, []int{1}) {
			w.t.Errorf("event %d came in as attempts %v", event, numbers)
		}
	}
	if len(byEvent) != events {
		w.t.Errorf("%d events came in, want %d", len(byEvent), events)
	}
}

func TestTwoNodesShareWhatWaitsAndTellItOnce(t *testing.T) {
	w := newWorld(t, testkit.NewDatabase(t, "postgres"))
	a := w.account()
	w.webhook(a, "https://a.example")
	open := make(chan struct{})
	w.receivers.at("https://a.example", answersWhen(open, accepts))
	w.delivered(a, 400)
	w.delivered(a, 400)
	first := w.life
	second := w.begin()
	testkit.Eventually(t, patience, func() error {
		if held, _ := second.webhooks.Deliverer().Counts(); held != webhook.HeldAtFirst {
			return fmt.Errorf("the second node has %d events in memory", held)
		}
		return nil
	})
	close(open)
	w.becomes(800, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
	w.idle()
	w.onceEach(800)
	byNode := map[int64]int{}
	for _, p := range w.receivers.all("https://a.example") {
		byNode[p.node]++
	}
	for _, l := range []*life{first, second} {
		if n := byNode[l.node.Epoch()]; n < webhook.HeldAtFirst {
			t.Errorf("node %d told %d events", l.node.Epoch(), n)
		}
	}
}
