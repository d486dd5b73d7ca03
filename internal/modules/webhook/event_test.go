package webhook_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// told is an event for a webhook.
type told struct{ event, webhook int64 }

// written are the rows of what is told about messages of an account.
func (w *world) written(a account, all []*message.Message) map[told]bool {
	w.t.Helper()
	found := map[told]bool{}
	for _, m := range all {
		for _, d := range w.ids(`SELECT webhook_id FROM webhook_delivery WHERE account_id = $1 AND event_id = $2`, a.id, m.ID) {
			found[told{m.ID, d}] = true
		}
	}
	return found
}

var errRollback = errors.New("rolled back")

// TestAnEventExistsIfAndOnlyIfTheStatusBecameFinal, whatever is learnt in whatever order,
// in transactions that are kept or not.
func TestAnEventExistsIfAndOnlyIfTheStatusBecameFinal(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		hear := []int64{w.webhook(a, "https://one.example"), w.webhook(a, "https://two.example")}
		w.webhook(a, "https://off.example", "status=0")
		w.webhook(a, "https://form.example", "eventType=form-submission")
		w.webhook(other, "https://other.example")
		w.delete(a, w.webhook(a, "https://gone.example"))
		rapid.Check(t, func(rt *rapid.T) {
			all := w.messagesOf(a, rapid.IntRange(1, 4).Draw(rt, "messages"))
			status, want := map[int64]message.Status{}, map[told]bool{}
			for range rapid.IntRange(1, 4).Draw(rt, "transactions") {
				kept := rapid.Bool().Draw(rt, "kept")
				batch := drawChanges(rt, all)
				err := w.db.Write(context.Background(), db.Answers, func(tx *db.Tx) error {
					if err := w.messages.Settle(tx, batch); err != nil || kept {
						return err
					}
					return errRollback
				})
				if kept != (err == nil) {
					rt.Fatal(err)
				}
				for _, c := range batch {
					if was := status[c.ID]; kept && c.Status > was && !was.Final() {
						if status[c.ID] = c.Status; c.Status.Final() {
							want[told{c.ID, hear[0]}], want[told{c.ID, hear[1]}] = true, true
						}
					}
				}
			}
			if got := w.written(a, all); !maps.Equal(got, want) {
				rt.Fatalf("events %v, want %v", got, want)
			}
		})
		if n := w.count(`SELECT count(*) FROM webhook_delivery WHERE account_id = $1`, other.id); n > 0 {
			t.Errorf("%d events of another account", n)
		}
	})
}

// drawChanges draws what delivery might learn of some of the messages, which it has in
// memory or not.
func drawChanges(rt *rapid.T, all []*message.Message) (batch []message.Change) {
	for _, m := range all {
		if !rapid.Bool().Draw(rt, "changes") {
			continue
		}
		c := message.Change{ID: m.ID, AtMs: 1, StartMs: 1, Status: message.Status(rapid.IntRange(int(message.Accepted), int(message.Deleted)).Draw(rt, "status"))}
		if rapid.Bool().Draw(rt, "in memory") {
			c.Of = m
		}
		batch = append(batch, c)
	}
	return batch
}

func TestNothingIsPostedBeforeTheCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		all := w.messagesOf(a, 2)
		err := w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			return errors.Join(w.messages.Settle(tx, changes(all[:1], message.Delivered, 1)), errRollback)
		})
		if !errors.Is(err, errRollback) {
			t.Fatal(err)
		}
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			err := w.messages.Settle(tx, changes(all[1:], message.Delivered, 1))
			if held, _ := w.webhooks.Deliverer().Counts(); held > 0 {
				t.Errorf("%d events in memory before the commit, and after one that was rolled back", held)
			}
			return err
		}))
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		if posts := w.receivers.all("https://a.example"); len(posts) != 1 || posts[0].Event.ID != all[1].ID {
			t.Errorf("posted %v, want message %d alone", posts, all[1].ID)
		}
	})
}

// TestAnEventTellsTheWholeMessageInTheAccountsTime whether delivery has the message in
// memory or it has to be read, now or by the feeder.
func TestAnEventTellsTheWholeMessageInTheAccountsTime(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://a.example", "format=xml", "secret=s")
		for _, status := range []message.Status{message.Delivered, message.Undelivered, message.Rejected, message.Expired, message.Deleted} {
			for _, way := range []func(*message.Message) (attempts int){
				func(m *message.Message) int { w.settle([]*message.Message{m}, status); return 1 },
				func(m *message.Message) int {
					c := changes([]*message.Message{m}, status, w.db.Now())
					c[0].Of = nil
					w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Settle(tx, c) }))
					return 1
				},
				func(m *message.Message) int {
					before := len(w.receivers.all("https://a.example"))
					w.settle([]*message.Message{m}, status)
					w.receivers.await(t, "https://a.example", before+1)
					w.idle()
					w.get(a, "webhook/replay", "eventIds="+itoa(m.ID), api.CodeOK, nil)
					return 2
				},
			} {
				before := len(w.receivers.all("https://a.example"))
				m := w.messagesOf(a, 1)[0]
				posts := w.receivers.await(t, "https://a.example", before+way(m))
				w.idle()
				got := posts[len(posts)-1]
				if got.Event.ID != m.ID || got.MessageID != m.ID || got.CampaignID != m.CampaignID || got.SegNum != 1 || got.To != m.Recipient ||
					got.Status != status.String() || got.CreateTs != "2026-03-01 17:00:00" || got.StatusUpdateTs != got.CreateTs ||
					got.WebhookID != id || got.Type != "sms-delivery-report" || got.Format != "xml" || got.Secret != "s" {
					t.Errorf("%s: posted %+v", status, got)
				}
			}
		}
	})
}

// ids reads a column of numbers.
func (w *world) ids(query string, args ...any) (all []int64) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		all = nil
		return q.Query(query, scanInto(&all), args...)
	}))
	return slices.Sorted(slices.Values(all))
}
