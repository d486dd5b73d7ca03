package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestCountersAreSumsOfWhatWasCommitted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(40, "text", "Привет, как дела? Привет, как дела? Привет, как дела? Привет, как дела? Привет")
		w.recounted(id)
		w.release()
		w.says(id, map[string]any{"commonStatus": "RUNNING"})
		for _, status := range []message.Status{message.Accepted, message.PartlyDelivered, message.Delivered, message.Undelivered, message.Rejected, message.Expired, message.Deleted} {
			w.deliver(5, status)
			w.recounted(id)
		}
		counters := w.info(id)["counters"].(map[string]any)
		for name, want := range map[string]string{"totalMsgNum": "40", "totalSegNum": "80", "totalCost": "1296.0000", "totalEnqueudSegNum": "10",
			"totalDelivrdMsgCost": "162.0000", "totalUnknownMsgNum": "0", "totalPdlivrdMsgNum": "5"} {
			if counters[name] != want {
				t.Errorf("%s is %v, want %s", name, counters[name], want)
			}
		}
		undone := message.Change{ID: w.number(`SELECT max(id) FROM message WHERE status = 4`), Status: message.Undelivered, AtMs: w.db.Now()}
		w.settle(undone, message.Change{ID: undone.ID - 1, Status: message.Accepted, AtMs: w.db.Now()}) // final stays final
		w.recounted(id)
	})
}

func TestWhatWasRolledBackIsNotCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(3)
		w.release()
		_ = w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			changes := w.changesOf(message.Enqueued, message.Delivered)
			w.ok(w.messages.Settle(tx, changes))
			return errPlan
		})
		w.recounted(id)
	})
}

func TestManyStepsAreAllCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var ids []string
		for range campaign.FoldChunk/2 + 1 { // two steps each
			ids = append(ids, w.sent(1))
			w.release()
		}
		w.deliver(len(ids), message.Delivered)
		w.count()
		if n := w.number(`SELECT count(*) FROM campaign_step`); n != 0 {
			t.Errorf("%d steps are left", n)
		}
		if n := w.number(`SELECT count(*) FROM campaign WHERE state = 7`); n != int64(len(ids)) {
			t.Errorf("%d campaigns of %d are DONE", n, len(ids))
		}
		w.recounted(ids[0])
	})
}

func TestWhatTheDeadCountedIsNotLost(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(5)
		w.release()
		w.deliver(5, message.Delivered)
		w.crash()
		w.says(id, map[string]any{"commonStatus": "DONE"})
		w.recounted(id)
	})
}

// TestTwoNodesThatCountTheLastMessagesAtOnceSeeThatItIsDone: each of two transactions
// adds what the other does not see yet.
func TestTwoNodesThatCountTheLastMessagesAtOnceSeeThatItIsDone(t *testing.T) {
	w := newWorld(t, testkit.NewDatabase(t, "postgres")) // SQLite has one writer
	id := w.sent(2)
	w.release()
	accepted := w.deliver(1, message.Accepted)
	w.count()
	w.deliver(1, message.Expired) // counted as Enqueud less and Expired more
	first := w.life
	w.begin()
	w.settle(message.Change{ID: accepted[0], Status: message.Delivered, AtMs: w.db.Now()}) // as Acceptd less and Delivrd more
	second := w.life
	var counting sync.WaitGroup
	w.ok(first.db.Write(t.Context(), db.Background, func(tx *db.Tx) error {
		err := errors.Join(campaign.CountSome(tx, first.node.Epoch()), tx.One(`SELECT 1`, nil, new(int64))) // the answer: it is all written
		if err != nil {
			return err
		}
		counted := make(chan error, 1)
		counting.Go(func() { counted <- campaign.CountOnce(context.WithoutCancel(t.Context()), second.campaigns) })
		testkit.Eventually(t, patience, func() error {
			if len(counted) == 0 && w.number(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`) == 0 {
				return fmt.Errorf("the other node neither counted nor waits")
			}
			return nil
		})
		return nil
	}))
	counting.Wait()
	w.says(id, map[string]any{"commonStatus": "DONE"})
}

func TestOneNodeReleasesACampaignUntilItDies(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.sent(3 * campaign.ReleaseChunk)
		w.releaseAtMost(campaign.ReleaseChunk)
		first := w.life
		w.begin()
		if w.release(); w.plans() != campaign.ReleaseChunk {
			t.Errorf("%d messages went", w.plans())
		}
		w.adopt(first)
		w.releaseAtMost(campaign.ReleaseChunk)
		w.ok(campaign.ReleaseOnce(t.Context(), first.campaigns)) // it lives and does not know yet
		if got := w.plans(); got != 2*campaign.ReleaseChunk {
			t.Errorf("%d messages went", got)
		}
	})
}
