package campaign_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestWhileOneCallAddsAnotherGets10(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		adding, goOn := w.queue.stopAt(1)
		var first api.Code
		var calls sync.WaitGroup
		calls.Go(func() { first, _ = w.call(ours, "addRecipients", "id="+id+"&recipients=77010000001") })
		<-adding
		for method, form := range map[string]string{"addRecipients": "&recipients=77010000002", "send": "", "delete": ""} {
			if code, data := w.call(ours, method, "id="+id+form); code != api.CodeDataUpdate {
				t.Errorf("%s while another call adds: code %d %s", method, code, data)
			}
		}
		goOn()
		calls.Wait()
		if n := w.number(`SELECT messages FROM campaign WHERE id = $1`, parsed(id)); first != api.CodeOK || n != 1 {
			t.Errorf("the first call: code %d, %d recipients", first, n)
		}
		w.adds(id, api.CodeOK, "recipients=77010000002")
	})
}

// TestWhoeverAddsToWhatHasChangedMeanwhileGets10: a call has read the campaign, and then
// another is quicker.
func TestWhoeverAddsToWhatHasChangedMeanwhileGets10(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.cards[1] = map[string]string{"mobile": "77020000001"}
		for name, quicker := range map[string]func(id string){
			"added":    func(id string) { w.adds(id, api.CodeOK, "recipients=77020000002") },
			"adding":   func(id string) { w.exec(`UPDATE campaign SET adding = $1 WHERE id = $2`, w.node.Epoch(), parsed(id)) },
			"replaced": func(id string) { w.adds(id, api.CodeOK, "recipients=77020000002,77020000003&params[replace]=1") },
			"sent":     func(id string) { w.get("send", "id="+id, api.CodeOK, nil) },
			"deleted":  func(id string) { w.get("delete", "id="+id, api.CodeOK, nil) },
		} {
			id := w.draft()
			w.adds(id, api.CodeOK, "recipients=77010000001")
			w.contacts.set(func() { w.contacts.set(nil); quicker(id) })
			w.adds(id, api.CodeDataUpdate, "recipientContacts=1")
			if w.idle(); w.number(`SELECT count(*) FROM message WHERE recipient = '77020000001'`) != 0 {
				t.Errorf("%s meanwhile: the slower call added", name)
			}
		}
	})
}

func TestACallThatFailsLetsTheCampaignGo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		w.queue.set(func(q *queue) { q.onRoutes = func() { panic("a defect") } })
		w.adds(id, api.CodeInternal, "recipients=77010000001")
		w.queue.set(func(q *queue) { q.onRoutes = nil })
		w.adds(id, api.CodeOK, "recipients=77010000001")
	})
}

func TestTheDeadHoldNoCampaign(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		w.exec(`UPDATE campaign SET adding = $1 WHERE id = $2`, w.node.Epoch(), parsed(id)) // a call under way
		w.crash()
		w.adds(id, api.CodeOK, "recipients=77010000001")
	})
}

func TestACampaignOfType1TakesOne(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.groups[7] = []int64{}
		id := w.draft("type", "1")
		w.adds(id, api.CodeDataUpdate, "recipients="+people(0, 2))
		w.adds(id, api.CodeDataUpdate, "recipientGroups=7")
		if r := w.upload(id, nil, "77010000001\n"); r.Code != api.CodeDataUpdate {
			t.Errorf("a file: code %d", r.Code)
		}
		w.adds(id, api.CodeNothingDone, "recipients=none")
		w.adds(id, api.CodeOK, "recipients="+people(0, 1))
		w.adds(id, api.CodeDataUpdate, "recipients="+people(1, 1))
		w.adds(id, api.CodeOK, "params[replace]=1&recipients="+people(1, 1))
	})
}

func TestRecipientsAreAddedToDraftsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(1)
		for _, form := range []string{"recipients=77010000009", "recipients=77010000009&params[replace]=1"} {
			w.adds(id, api.CodeDataUpdate, form)
		}
		single := fmt.Sprint(w.accept(nil).ID)
		w.adds(single, api.CodeDataUpdate, "recipients=77010000009")
		w.adds("999", api.CodeNotFound, "recipients=77010000009")
		if n := w.number(`SELECT count(*) FROM message WHERE recipient = '77010000009'`); n != 0 {
			t.Errorf("%d were added", n)
		}
	})
}

func TestCostIsFixedWhenARecipientIsAdded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		w.adds(id, api.CodeOK, "recipients="+people(0, 2))
		_, err := w.prices.ImportCSV(t.Context(), strings.NewReader("KZ,,99,KZT\n"))
		w.ok(err)
		testkit.Eventually(t, patience, func() error { // the new price is known
			other := w.draft()
			w.adds(other, api.CodeOK, "recipients="+people(0, 1))
			if cost := w.number(`SELECT cost FROM campaign WHERE id = $1`, parsed(other)); money.Amount(cost) != 99_0000 {
				return fmt.Errorf("costs %d", cost)
			}
			return nil
		})
		w.get("send", "id="+id, api.CodeOK, nil)
		if got := w.balance(); got != opening-2*toKazakhstan {
			t.Errorf("charged %s", opening-got)
		}
	})
}
