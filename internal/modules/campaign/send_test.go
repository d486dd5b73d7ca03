package campaign_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// bill is what campaign/preview says.
type bill struct {
	Messages, Segments  int
	Encoding            string
	Total, BalanceAfter money.Amount
	Prices              []struct {
		CountryA2      string
		OperatorName   *string
		SegPrice, Cost money.Amount
		Segments       int
	}
}

func (w *world) preview(id string) (b bill) {
	w.t.Helper()
	w.get("preview", "id="+id, api.CodeOK, &b)
	return b
}

// anyRecipients draws a form with recipients of several countries, some of them bad.
func anyRecipients(t *rapid.T) string {
	form := url.Values{}
	for i := range rapid.IntRange(1, 8).Draw(t, "recipients") {
		prefix := rapid.SampledFrom([]string{"7701", "7705", "7910", "7495", "38067", "38050", "39312", "0"}).Draw(t, "prefix")
		to := fmt.Sprintf("%s%0*d", prefix, 11-len(prefix), rapid.IntRange(0, 20).Draw(t, "number"))
		if prefix == "38067" {
			to = fmt.Sprintf("%s%07d", prefix, rapid.IntRange(0, 20).Draw(t, "number"))
		}
		form.Set(fmt.Sprintf("recipients[%d][recipient]", i), to)
		form.Set(fmt.Sprintf("recipients[%d][a]", i), strings.Repeat("ы", rapid.IntRange(0, 150).Draw(t, "length")))
	}
	return form.Encode()
}

func TestWhatThePreviewSaysIsWhatIsCharged(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		some(t, 15, func(rt *rapid.T) {
			id := w.draft("type", fmt.Sprint(rapid.IntRange(2, 3).Draw(rt, "type")), "text", "Hi {a}")
			for range rapid.IntRange(1, 2).Draw(rt, "calls") {
				w.call(ours, "addRecipients", "id="+id+"&params[placeholdersFlag]=2&"+anyRecipients(rt))
			}
			said, before := w.preview(id), w.balance()
			var parts money.Amount
			for _, p := range said.Prices {
				parts += p.Cost
			}
			code, _ := w.call(ours, "send", "id="+id)
			if (code == api.CodeOK) != (said.Messages > 0) {
				rt.Fatalf("%d messages, send: code %d", said.Messages, code)
			}
			if charged := before - w.balance(); charged != said.Total || parts != said.Total || said.BalanceAfter != w.balance() {
				rt.Fatalf("charged %s, the preview said %+v", charged, said)
			}
			w.sound(id, int64(said.Messages))
		})
		w.audited()
	})
}

func TestPreviewTellsPricesByOperator(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("text", "Привет")
		w.adds(id, api.CodeOK, "recipients=77010000001,77010000002,77172123456,79101234567,79161234567,74951234567")
		said := w.preview(id)
		var got []string
		for _, p := range said.Prices {
			operator := "null"
			if p.OperatorName != nil {
				operator = *p.OperatorName
			}
			got = append(got, fmt.Sprint(p.CountryA2, " ", operator, " ", p.SegPrice, " ", p.Segments, " ", p.Cost))
		}
		want := "[KZ null 16.2000 1 16.2000 KZ Kcell 16.2000 2 32.4000 RU null 7.5000 1 7.5000 RU MTS 9.0000 2 18.0000]"
		if fmt.Sprint(got) != want || said.Encoding != "UCS-2" || said.Messages != 6 || said.Segments != 6 {
			t.Errorf("%s %+v, want %s", got, said, want)
		}
	})
}

func TestWhatCantBeSentIsCode10(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		empty := w.draft()
		w.get("send", "id="+empty, api.CodeDataUpdate, nil)
		id := w.sent(2)
		before := w.balance()
		w.get("send", "id="+id, api.CodeDataUpdate, nil)
		w.get("send", fmt.Sprint("id=", w.accept(nil).ID), api.CodeDataUpdate, nil)
		w.get("send", "id=999", api.CodeNotFound, nil)
		if code, _ := w.call(theirs, "send", "id="+id); code != api.CodeNotFound {
			t.Errorf("another account's: code %d", code)
		}
		if got := before - 2*toKazakhstan; w.balance() != got { // the single message
			t.Errorf("balance %s, want %s", w.balance(), got)
		}
	})
}

func TestSendAnswersABareNumber(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		w.adds(id, api.CodeOK, "recipients=77010000001")
		if _, data := w.call(ours, "send", "id="+id); string(data) != "2" {
			t.Errorf("the answer is %s", data)
		}
		w.says(id, map[string]any{"commonStatus": "AUTO_READY_FOR_SEND", "moderationStatus": "AUTO_READY_FOR_SEND", "sendStatus": nil})
		w.release()
		w.count()
		w.says(id, map[string]any{"commonStatus": "RUNNING", "startSendTs": "2026-03-01 17:00:00", "expirationTs": "2026-03-02 17:00:00"})
		w.deliver(1, message.Accepted)
		w.count()
		w.says(id, map[string]any{"commonStatus": "SENT", "sendStatus": "SENT", "endSendTs": "2026-03-01 17:00:00"})
		w.settle(message.Change{ID: w.number(`SELECT max(id) FROM message`), Status: message.Undelivered, AtMs: w.db.Now()})
		w.count()
		w.says(id, map[string]any{"commonStatus": "DONE", "sendStatus": "DONE", "endSendTs": "2026-03-01 17:00:00"})
	})
}

func TestWithoutMoneyNothingChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		w.adds(id, api.CodeOK, "recipients="+people(0, 3))
		w.exec(`UPDATE account SET balance = $1 WHERE id = $2`, int64(3*toKazakhstan)-1, w.account)
		w.get("send", "id="+id, api.CodeOperationFailed, nil)
		w.release()
		w.says(id, map[string]any{"commonStatus": "NEW", "moderationStatus": "AUTO_READY_FOR_SEND", "expirationTs": nil})
		if got := w.balance(); got != 3*toKazakhstan-1 || w.plans() != 0 {
			t.Errorf("balance %s, %d messages planned", got, w.plans())
		}
		w.exec(`UPDATE account SET balance = $1 WHERE id = $2`, int64(3*toKazakhstan), w.account)
		w.adds(id, api.CodeNothingDone, "recipients="+people(0, 1))
		w.get("send", "id="+id, api.CodeOK, nil)
		if got := w.balance(); got != 0 {
			t.Errorf("balance %s", got)
		}
	})
}

func TestADeferredCampaignWaitsForItsTime(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(2, "deferredToTs", "2026-03-01 19:00:00")
		w.says(id, map[string]any{"commonStatus": "AUTO_READY_FOR_SEND", "deferredToTs": "2026-03-01 19:00:00", "expirationTs": "2026-03-02 19:00:00"})
		w.passes(2*time.Hour - time.Millisecond)
		if w.release(); w.plans() != 0 {
			t.Errorf("%d messages went too early", w.plans())
		}
		w.passes(time.Millisecond)
		if w.release(); w.plans() != 2 {
			t.Errorf("%d messages went, want 2", w.plans())
		}
		w.says(id, map[string]any{"commonStatus": "RUNNING", "startSendTs": "2026-03-01 19:00:00"})
	})
}

func TestATestIsASingleMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("type", "3", "text", "Hi {name}", "mclass", "0", "validity", "90")
		w.adds(id, api.CodeOK, "recipients[0][recipient]=77010000001&recipients[0][name]=Ann")
		var sent struct {
			CampaignID, MessageID string
			Status                json.Number
		}
		w.get("test", "recipient=77050000001&id="+id, api.CodeOK, &sent)
		if sent.CampaignID != sent.MessageID || sent.Status != "2" || w.textOf(sent.MessageID) != "Hi Ann" {
			t.Errorf("sent %+v %q", sent, w.textOf(sent.MessageID))
		}
		w.says(sent.CampaignID, map[string]any{"type": "1", "mclass": "0", "validity": "90"})
		w.says(id, map[string]any{"commonStatus": "NEW"})
		w.get("test", "recipient=word&id="+id, api.CodeValidation, nil)
		w.get("test", "id="+id, api.CodeMissingParameter, nil)
		if got := w.balance(); got != opening-toKazakhstan {
			t.Errorf("balance %s", got)
		}
	})
}
