package campaign_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

func TestACampaignIsDeletedOnlyBeforeItIsSent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		at := "2026-03-01 19:00:00"
		for name, tt := range map[string]struct {
			id   func() string
			code api.Code
		}{
			"a draft":            {func() string { return w.draft() }, api.CodeOK},
			"one to go at once":  {func() string { return w.sent(1) }, api.CodeDataUpdate},
			"one that runs":      {func() string { id := w.sent(1); w.release(); return id }, api.CodeDataUpdate},
			"a deferred draft":   {func() string { return w.draft("deferredToTs", at) }, api.CodeOK},
			"deferred":           {func() string { return w.sent(1, "deferredToTs", at) }, api.CodeOK},
			"a single message":   {func() string { return fmt.Sprint(w.accept(nil).ID) }, api.CodeDataUpdate},
			"unknown":            {func() string { return "999" }, api.CodeNotFound},
			"waits for somebody": {func() string { w.moderator.judgement.Moderation = message.WaitingModerator; return w.sent(1) }, api.CodeOK},
		} {
			w.moderator.judgement.Moderation = message.AutoReady
			before := w.balance()
			if name == "a single message" {
				before -= 2 * toKazakhstan
			}
			id := tt.id()
			code, data := w.call(ours, "delete", "id="+id)
			if code != tt.code || code == api.CodeOK && string(data) != "true" {
				t.Errorf("%s: code %d %s, want %d", name, code, data, tt.code)
			}
			if code == api.CodeOK && w.balance() != before {
				t.Errorf("%s: %s were not paid back", name, before-w.balance())
			}
		}
	})
}

func TestADeferredCampaignIsDeletedUntilFiveMinutesBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		kept, deleted := w.sent(3, "deferredToTs", "2026-03-01 19:00:00"), w.sent(3, "deferredToTs", "2026-03-01 19:00:00")
		w.passes(115 * time.Minute)
		w.get("delete", "id="+deleted, api.CodeOK, nil)
		w.passes(time.Millisecond)
		w.get("delete", "id="+kept, api.CodeDataUpdate, nil)
		w.idle()
		w.passes(time.Hour)
		if w.release(); w.plans() != 3 {
			t.Errorf("%d messages went, want those of the one that was kept", w.plans())
		}
		if got := w.balance(); got != opening-3*toKazakhstan {
			t.Errorf("balance %s", got)
		}
		w.audited()
	})
}

func TestADeletedCampaignIsFoundByNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		w.adds(id, api.CodeOK, "recipients="+people(0, campaign.AddChunk+1))
		w.get("delete", "id="+id, api.CodeOK, nil)
		for _, method := range []string{"get", "getInfo", "send", "delete", "pause", "resume", "cancel", "preview", "export"} {
			w.get(method, "id="+id, api.CodeNotFound, nil)
		}
		w.adds(id, api.CodeNotFound, "recipients=77010000001")
		w.get("test", "recipient=77010000001&id="+id, api.CodeNotFound, nil)
		w.idle()
		w.sound(id, 0)
	})
}
