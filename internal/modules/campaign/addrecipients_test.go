package campaign_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// keeping is a caller of the world's methods whose answers are kept by keys.
func (w *world) keeping() testkit.Caller {
	w.t.Helper()
	door, err := api.New(api.Config{
		Modules: []api.Module{w.campaigns.Methods()}, Auth: keyring{w.keys, w.users}, Repeats: once.New(w.db, testkit.Logger(w.t)),
		Clock: w.clock.Now, Undeclared: testkit.Fails(w.t), CellPrefix: "kz", Logger: testkit.Logger(w.t), TempDir: w.t.TempDir()})
	w.ok(err)
	return testkit.Caller{T: w.t, Door: door}
}

// TestCopiesOfACallThatAddsAtOnceGetOneAnswer: while one adds the others wait for it,
// although the campaign is held; and what it has put in place of others stays.
func TestCopiesOfACallThatAddsAtOnceGetOneAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		caller := w.keeping()
		const copies, rounds, added = 6, 4, 300 // in two parts
		for round := range rounds {
			replace := round % 2
			id := w.draft()
			w.adds(id, api.CodeOK, "recipients=77030000001")
			form := fmt.Sprintf("id=%s&recipients=%s&params[replace]=%d&params[idempotencyKey]=round%d", id, people(0, added), replace, round)
			var answers [copies]testkit.Reply
			var all sync.WaitGroup
			for i := range copies {
				all.Go(func() { answers[i] = caller.Call(ours, "campaign/addRecipients", form) })
			}
			all.Wait()
			for _, got := range answers {
				if got.Code != api.CodeOK || string(got.Data) != string(answers[0].Data) {
					t.Errorf("replace=%d: code %d (%s) %.200s, another copy %.200s", replace, got.Code, got.Message, got.Data, answers[0].Data)
				}
			}
			if n := w.number(`SELECT messages FROM campaign WHERE id = $1`, parsed(id)); n != int64(added+1-replace) {
				t.Errorf("replace=%d: %d recipients, want %d", replace, n, added+1-replace)
			}
		}
	})
}

// TestACallWithAKeyThatIsNoCopyIsRefusedByWhatItFinds: it waits for nobody else's call, nor
// for a task, nor where the campaign is no draft any more.
func TestACallWithAKeyThatIsNoCopyIsRefusedByWhatItFinds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		caller := w.keeping()
		id := w.draft()
		caller.Get(ours, "campaign/addRecipients", "id="+id+"&recipients=77010000001&params[idempotencyKey]=z", api.CodeOK, nil)
		for _, who := range []int64{-7, 7} { // a task and a call, after that of z
			w.exec(`UPDATE campaign SET adding = $1 WHERE id = $2`, who, parsed(id))
			caller.Get(ours, "campaign/addRecipients", "id="+id+"&recipients=77010000002&params[idempotencyKey]=a", api.CodeDataUpdate, nil)
		}
		id = w.sent(1)
		caller.Get(ours, "campaign/addRecipients", "id="+id+"&recipients=77010000001&params[idempotencyKey]=b", api.CodeDataUpdate, nil)
	})
}
