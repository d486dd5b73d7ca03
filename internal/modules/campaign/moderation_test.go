package campaign_test

import (
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

func TestACampaignWaitsForAModerator(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.moderator.judgement = campaign.Judgement{Moderation: message.WaitingModerator}
		waiting := map[string]any{"commonStatus": "MODERATION", "moderationStatus": "MODERATION", "partnerModStatus": "MODERATION",
			"globalModStatus": "AUTO_READY_FOR_SEND", "onPartnerModeration": 1.0, "sendStatus": nil}
		approved, declined, cancelled := w.sent(2), w.sent(2), w.sent(2)
		w.release()
		w.says(approved, waiting)
		if w.plans() != 0 || len(w.moderator.open) != 3 || w.balance() != opening-6*toKazakhstan {
			t.Errorf("%d messages went, %d questions, balance %s", w.plans(), len(w.moderator.open), w.balance())
		}
		w.passes(2 * 24 * time.Hour) // a moderator's time is none of validity's
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return w.campaigns.Approved(tx, parsed(approved)) }))
		w.says(approved, map[string]any{"commonStatus": "READY_FOR_SEND", "moderationStatus": "READY_FOR_SEND", "onPartnerModeration": 0.0})
		if w.release(); w.plans() != 2 {
			t.Errorf("%d messages went of the one that was approved", w.plans())
		}
		w.decline(declined, "no gambling")
		w.says(declined, map[string]any{"commonStatus": "DECLINED", "moderationStatus": "DECLINED", "partnerModStatus": "DECLINED",
			"globalComment": "no gambling", "onPartnerModeration": 0.0})
		w.get("cancel", "id="+cancelled, api.CodeOK, nil)
		w.idle()
		w.count()
		w.says(cancelled, map[string]any{"commonStatus": "DONE", "onPartnerModeration": 0.0})
		w.decline(cancelled, "too late")
		w.says(cancelled, map[string]any{"commonStatus": "DONE", "globalComment": nil})
		w.recounted(declined)
		if n := w.number(`SELECT count(*) FROM message WHERE status = 6 AND campaign_id = $1`, parsed(declined)); n != 2 {
			t.Errorf("%d messages are REJECTD", n)
		}
		if len(w.moderator.open) != 2 || w.plans() != 2 || w.balance() != opening-2*toKazakhstan {
			t.Errorf("%d questions, %d messages went, balance %s", len(w.moderator.open), w.plans(), w.balance())
		}
		w.audited()
	})
}

func (w *world) decline(id, comment string) {
	w.t.Helper()
	task, err := w.tasks.NextID(w.t.Context())
	w.ok(err)
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.campaigns.Declined(tx, parsed(id), task, comment) }))
	w.idle()
}

func TestARememberedDecisionNeedsNoModerator(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		send := func(j campaign.Judgement) (id, answer string) {
			w.moderator.judgement = j
			id = w.draft()
			w.adds(id, api.CodeOK, "recipients="+people(0, 2))
			_, data := w.call(ours, "send", "id="+id)
			return id, string(data)
		}
		id, answer := send(campaign.Judgement{Moderation: message.Declined, Comment: "no gambling"})
		w.says(id, map[string]any{"commonStatus": "DECLINED", "globalComment": "no gambling", "moderationStatus": "DECLINED"})
		if answer != "1" || w.balance() != opening {
			t.Errorf("declined before: answer %s, balance %s", answer, w.balance())
		}
		id, answer = send(campaign.Judgement{Moderation: message.Ready})
		w.says(id, map[string]any{"commonStatus": "READY_FOR_SEND", "moderationStatus": "READY_FOR_SEND"})
		if w.release(); answer != "2" || w.plans() != 2 || len(w.moderator.open) != 0 {
			t.Errorf("approved before: answer %s, %d messages went, %d questions", answer, w.plans(), len(w.moderator.open))
		}
	})
}
