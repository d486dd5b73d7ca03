package webhook_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// growing checks that each event came in, under numbers of attempts that only ever grow.
func growing(t *testing.T, posts []posted, events []int64) {
	t.Helper()
	byEvent := attempts(posts)
	for _, event := range events {
		if n := byEvent[event]; len(n) == 0 || !slices.IsSorted(n) || len(slices.Compact(slices.Clone(n))) != len(n) {
			t.Errorf("event %d came in as attempts %v", event, n)
		}
	}
	if len(byEvent) != len(events) {
		t.Errorf("%d events came in, want %d", len(byEvent), len(events))
	}
}

// TestACrashLosesNoEventAndCountsItsAttemptsOn, more often than there are tries: crashes
// alone use up no last one.
func TestACrashLosesNoEventAndCountsItsAttemptsOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", neverAnswers)
		events := w.delivered(a, 12)
		const crashes = webhook.TriesMost + 2
		for n := 1; n <= crashes; n++ {
			w.receivers.await(t, "https://a.example", n*webhook.ReceiverBegins)
			if n == crashes {
				w.receivers.at("https://a.example", accepts)
			}
			w.crash()
		}
		w.becomes(12, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
		growing(t, w.receivers.all("https://a.example"), events)
		for _, d := range w.deliveries(a, "") {
			if d.State != "delivered" || !slices.Equal(d.numbers(), upTo(crashes+1)) || d.Attempts[0].Problem == nil || d.Attempts[crashes].Problem != nil {
				t.Errorf("event %s is %s by attempts %v", d.EventID, d.State, d.numbers())
			}
		}
	})
}

// TestAdoptionTakesAllThatADeadNodeHeld, in however many transactions, and nothing else.
func TestAdoptionTakesAllThatADeadNodeHeld(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.waitFor(a, w.webhook(a, "https://off.example", "status=0"), 6*webhook.ClaimMost)
		w.exec(`UPDATE webhook_delivery SET epoch = 97 + event_id % 3`)
		w.ok(w.webhooks.Adopt(t.Context(), 99))
		adopted := w.count(`SELECT count(*) FROM webhook_delivery WHERE epoch = 0 AND attempts = 1 AND tries = 1`)
		listed := w.count(`SELECT count(*) FROM webhook_attempt WHERE attempt = 1 AND problem = 'interrupted'`)
		if rest := w.count(`SELECT count(*) FROM webhook_delivery WHERE epoch IN (97, 98) AND attempts = 0`); adopted != 2*webhook.ClaimMost || listed != adopted || rest != 4*webhook.ClaimMost {
			t.Errorf("%d events adopted, %d attempts listed, %d events left to others", adopted, listed, rest)
		}
	})
}

func TestTheLastTryIsNeverUsedUpByAnInterruptedOne(t *testing.T) {
	interrupted := map[string]func(w *world){"a crash": (*world).crash, "a stop without time": func(w *world) { w.end(w.life); w.begin() }}
	for name, interrupt := range interrupted {
		onBoth(t, func(t *testing.T, w *world) {
			a := w.account()
			w.webhook(a, "https://a.example")
			w.receivers.at("https://a.example", refuses)
			w.delivered(a, 1)
			for try := 1; try < webhook.TriesMost; try++ {
				w.receivers.await(t, "https://a.example", try)
				w.idle()
				if try == webhook.TriesMost-1 {
					w.receivers.at("https://a.example", neverAnswers)
				}
				w.passes(time.Duration(try) * time.Minute)
			}
			w.receivers.await(t, "https://a.example", webhook.TriesMost)
			w.receivers.at("https://a.example", refuses)
			interrupt(w)
			w.receivers.await(t, "https://a.example", webhook.TriesMost+1)
			w.becomes(1, `SELECT count(*) FROM webhook_delivery WHERE state = 2`)
			if d := w.only(a); !slices.Equal(d.numbers(), upTo(webhook.TriesMost+1)) {
				t.Errorf("after %s in the last try: attempts %v", name, d.numbers())
			}
		})
	}
}

func TestStopEndsWhatIsUnderWayAndLeavesTheRestUntouched(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		open := make(chan struct{})
		w.receivers.at("https://a.example", answersWhen(open, accepts))
		events := w.delivered(a, 30)
		w.receivers.await(t, "https://a.example", webhook.ReceiverBegins)
		w.stopping(func() { close(open) })
		if n := len(w.receivers.all("https://a.example")); n != webhook.ReceiverBegins {
			t.Errorf("%d attempts before the end of the stop, want the %d under way", n, webhook.ReceiverBegins)
		}
		if n := w.count(`SELECT count(*) FROM webhook_delivery WHERE epoch <> 0 OR attempts <> state`); n > 0 {
			t.Errorf("%d events are neither told nor nobody's", n)
		}
		w.ok(w.webhooks.Deliverer().Stop(t.Context()))
		w.settle(w.messagesOf(a, 1), message.Delivered) // comes too late for this life
		w.restart()
		w.becomes(31, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
		for event, numbers := range attempts(w.receivers.all("https://a.example")) {
			if !slices.Equal(numbers, []int{1}) {
				t.Errorf("event %d of %d came in as attempts %v", event, len(events)+1, numbers)
			}
		}
	})
}

// stopping stops the deliverer and does something once the stop has begun.
func (w *world) stopping(meanwhile func()) {
	w.t.Helper()
	var stop sync.WaitGroup
	stop.Go(func() {
		if err := w.webhooks.Deliverer().Stop(context.Background()); err != nil {
			w.t.Errorf("stop: %v", err)
		}
	})
	testkit.Eventually(w.t, patience, func() error {
		if !w.webhooks.Deliverer().Closed() {
			return errors.New("the stop has not begun")
		}
		return nil
	})
	meanwhile()
	stop.Wait()
}

// TestWhatIsClaimedAsAStopBeginsIsNobodysAfterIt: a claim that is being committed then is
// no attempt.
func TestWhatIsClaimedAsAStopBeginsIsNobodysAfterIt(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		claiming, goOn := make(chan struct{}), make(chan struct{})
		w := newWorld(t, url, func(c *webhook.Config) {
			messages := c.Messages
			c.Messages = func() *message.Module { // asked inside the claim's transaction
				close(claiming)
				<-goOn
				return messages()
			}
		})
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		w.delivered(a, 1)
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		w.clock.Advance(time.Minute)
		w.webhooks.Deliverer().Wake()
		<-claiming
		w.stopping(func() { close(goOn) })
		if n := w.count(`SELECT count(*) FROM webhook_delivery WHERE epoch = 0 AND attempts = 1`); n != 1 {
			t.Error("the event is not left to others")
		}
	})
}

func TestStopWithoutTimeCutsOffWhoNeverAnswers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", neverAnswers)
		w.delivered(a, 20)
		w.receivers.await(t, "https://a.example", webhook.ReceiverBegins)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		_ = w.webhooks.Deliverer().Stop(over)
		interrupted := w.count(`SELECT count(*) FROM webhook_attempt WHERE attempt = 1 AND problem = 'interrupted'`)
		untouched := w.count(`SELECT count(*) FROM webhook_delivery WHERE state = 0 AND attempts = 0 AND epoch = 0`)
		if interrupted != webhook.ReceiverBegins || untouched != 20-webhook.ReceiverBegins {
			t.Errorf("%d attempts interrupted, %d events untouched", interrupted, untouched)
		}
		w.receivers.at("https://a.example", accepts)
		w.restart()
		w.becomes(20, `SELECT count(*) FROM webhook_delivery WHERE state = 1`)
	})
}

// TestAnOutcomeIsWrittenWhenTheDatabaseIsBackAndNothingIsPostedAgain, whatever failed.
func TestAnOutcomeIsWrittenWhenTheDatabaseIsBackAndNothingIsPostedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.toldAcross(func() (back func()) {
			w.exec(`ALTER TABLE webhook_delivery RENAME TO elsewhere`)
			return func() { w.exec(`ALTER TABLE elsewhere RENAME TO webhook_delivery`) }
		})
	})
	t.Run("cut off", func(t *testing.T) {
		gate, through := testkit.NewGate(t, testkit.NewDatabase(t, "postgres"))
		newWorld(t, through).toldAcross(func() (back func()) {
			gate.Shut()
			return gate.Open
		})
	})
}

// toldAcross has events told while the database is away.
func (w *world) toldAcross(away func() (back func())) {
	w.t.Helper()
	a := w.account()
	w.webhook(a, "https://a.example")
	open := make(chan struct{})
	w.receivers.at("https://a.example", answersWhen(open, accepts))
	events := w.delivered(a, 5)
	w.receivers.await(w.t, "https://a.example", len(events))
	failures, back := w.db.WriterStats().Failures.Load(), away()
	close(open)
	testkit.Eventually(w.t, patience, func() error {
		if w.db.WriterStats().Failures.Load() == failures {
			return errors.New("no write has failed")
		}
		return nil
	})
	back()
	w.becomes(len(events), `SELECT count(*) FROM webhook_delivery WHERE state = 1 AND attempts = 1`)
	w.idle()
	w.feed()
	if n := len(w.receivers.all("https://a.example")); n != len(events) {
		w.t.Errorf("%d attempts for %d events", n, len(events))
	}
}

func TestStopGivesUpOnADatabaseThatStaysAway(t *testing.T) {
	gate, through := testkit.NewGate(t, testkit.NewDatabase(t, "postgres"))
	w := newWorld(t, through)
	a := w.account()
	w.webhook(a, "https://a.example")
	open := make(chan struct{})
	w.receivers.at("https://a.example", answersWhen(open, accepts))
	w.delivered(a, 1)
	w.receivers.await(t, "https://a.example", 1)
	gate.Shut()
	close(open)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = w.webhooks.Deliverer().Stop(over)
	gate.Open()
	w.becomes(1, `SELECT count(*) FROM webhook_delivery WHERE epoch <> 0`)
	w.crash()
	w.becomes(1, `SELECT count(*) FROM webhook_delivery WHERE state = 1 AND attempts = 2`)
}

func (w *world) exec(query string) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(query)
		return err
	}))
}
