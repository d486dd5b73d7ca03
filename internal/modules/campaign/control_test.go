package campaign_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

func TestAPausedCampaignGoesOnWhereItStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(2*campaign.ReleaseChunk, "validity", "60")
		w.get("resume", "id="+id, api.CodeDataUpdate, nil)
		w.releaseAtMost(campaign.ReleaseChunk)
		w.get("pause", "id="+id, api.CodeOK, nil)
		w.get("pause", "id="+id, api.CodeDataUpdate, nil)
		if !w.campaigns.Stopped(parsed(id)) {
			t.Error("delivery is not told of the pause")
		}
		w.passes(2 * time.Hour)
		if w.release(); w.plans() != campaign.ReleaseChunk {
			t.Errorf("%d messages went, though paused", w.plans())
		}
		w.get("resume", "id="+id, api.CodeOK, nil)
		if w.release(); w.plans() != 2*campaign.ReleaseChunk || w.campaigns.Stopped(parsed(id)) {
			t.Errorf("%d messages went once resumed", w.plans())
		}
		if n := w.number(`SELECT count(*) FROM message WHERE expires_ms = $1`, w.db.Now()+time.Hour.Milliseconds()); n != campaign.ReleaseChunk {
			t.Errorf("validity of %d messages began anew", n)
		}
	})
}

func TestACancelledCampaignEndsAndIsPaidBackWhatWasNotSubmitted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const n = 2*campaign.ReleaseChunk + 9
		id := w.sent(n)
		w.releaseAtMost(campaign.ReleaseChunk)
		w.deliver(100, message.Accepted) // a carrier has them
		w.get("cancel", "id="+id, api.CodeOK, nil)
		w.get("cancel", "id="+id, api.CodeDataUpdate, nil)
		w.get("pause", "id="+id, api.CodeDataUpdate, nil)
		w.release()
		w.idle()
		w.count()
		w.says(id, map[string]any{"commonStatus": "SENT"})
		w.settle(w.changesOf(message.Accepted, message.Delivered)...)
		w.count()
		w.says(id, map[string]any{"commonStatus": "DONE"})
		counters := w.info(id)["counters"].(map[string]any)
		if counters["totalDelivrdMsgNum"] != "100" || counters["totalDeletedMsgNum"] != fmt.Sprint(n-100) {
			t.Errorf("counters %v", counters)
		}
		if got := w.balance(); got != opening-100*toKazakhstan || w.plans() != campaign.ReleaseChunk {
			t.Errorf("balance %s, %d messages planned", got, w.plans())
		}
		w.get("cancel", "id="+id, api.CodeDataUpdate, nil)
		w.recounted(id)
		w.audited()
	})
}

// changesOf moves all messages of one status to another.
func (w *world) changesOf(from, to message.Status) (changes []message.Change) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.Query(`SELECT id FROM message WHERE status = $1 ORDER BY id`, func(row db.Row) error {
			c := message.Change{Status: to, AtMs: w.db.Now()}
			err := row.Scan(&c.ID)
			changes = append(changes, c)
			return err
		}, int64(from))
	}))
	return changes
}

func TestACancelThatDiesIsCarriedOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(3*campaign.AddChunk, "deferredToTs", "2026-03-02 12:00:00")
		w.get("cancel", "id="+id, api.CodeOK, nil)
		w.crash() // wherever its task is
		w.idle()
		w.count()
		w.says(id, map[string]any{"commonStatus": "DONE"})
		if got := w.balance(); got != opening {
			t.Errorf("balance %s", got)
		}
		w.audited()
	})
}

func TestWhatCanBeStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		done := func() string {
			id := w.sent(1)
			w.release()
			w.deliver(1, message.Delivered)
			w.count()
			return id
		}
		for name, tt := range map[string]struct {
			id   func() string
			code api.Code
		}{
			"draft": {func() string { return w.draft() }, api.CodeDataUpdate}, "ready": {func() string { return w.sent(1) }, api.CodeOK},
			"running": {func() string { id := w.sent(1); w.release(); return id }, api.CodeOK}, "done": {done, api.CodeDataUpdate},
			"single": {func() string { return fmt.Sprint(w.accept(nil).ID) }, api.CodeDataUpdate}, "unknown": {func() string { return "999" }, api.CodeNotFound},
		} {
			for _, method := range []string{"pause", "cancel"} {
				if code, data := w.call(ours, method, "id="+tt.id()); code != tt.code {
					t.Errorf("%s %s: code %d %s, want %d", method, name, code, data, tt.code)
				}
			}
			w.idle()
			w.queue.take(10)
		}
	})
}
