package webhook_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
)

// climb fails all tries of an event, the next attempt being number first. Each comes when
// it is due and not before.
func (w *world) climb(at string, first int) {
	w.t.Helper()
	for try := 1; try <= webhook.TriesMost; try++ {
		posts := w.receivers.await(w.t, at, first+try-1)
		w.idle()
		if got := posts[len(posts)-1]; len(posts) != first+try-1 || got.Attempt != len(posts) || got.Event.ID != posts[0].Event.ID {
			w.t.Fatalf("attempt %d of event %d after %d came in", got.Attempt, got.Event.ID, len(posts)-1)
		}
		w.passes(time.Duration(try)*time.Minute - time.Millisecond)
		w.idle()
		if n := len(w.receivers.all(at)); n != len(posts) {
			w.t.Fatalf("attempt %d came too early", n)
		}
		w.passes(time.Millisecond)
	}
	w.idle()
	if n := len(w.receivers.all(at)); n != first+webhook.TriesMost-1 {
		w.t.Fatalf("%d attempts, want %d", n, first+webhook.TriesMost-1)
	}
}

func upTo(n int) (all []string) {
	for i := range n {
		all = append(all, strconv.Itoa(i+1))
	}
	return all
}

func TestTenTriesAtGrowingWaitsThenItIsLeftToBeReplayed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		event := w.delivered(a, 1)[0]
		w.climb("https://a.example", 1)
		if d := w.only(a); d.State != "failed" || d.NextAttemptTs != nil || !slices.Equal(d.numbers(), upTo(10)) {
			t.Errorf("after ten tries: %+v", d)
		}
		w.passes(24 * time.Hour)
		w.get(a, "webhook/replay", "eventIds="+itoa(event), api.CodeOK, nil)
		w.climb("https://a.example", 11)
		if d := w.only(a); d.State != "failed" || !slices.Equal(d.numbers(), upTo(20)) {
			t.Errorf("after ten more: %+v", d)
		}
	})
}

// TestOnlyWhatIsDueIsTold though other events of the same webhook are.
func TestOnlyWhatIsDueIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		first := w.delivered(a, 1)[0]
		w.receivers.await(t, "https://a.example", 1)
		w.clock.Advance(time.Millisecond)
		second := w.delivered(a, 1)[0]
		w.receivers.await(t, "https://a.example", 2)
		w.idle()
		w.passes(time.Minute - time.Millisecond)
		w.receivers.await(t, "https://a.example", 3)
		w.idle()
		w.feed()
		w.idle()
		if got := attempts(w.receivers.all("https://a.example")); len(got[first]) != 2 || len(got[second]) != 1 {
			t.Errorf("the event that is due came in as attempts %v, the other one as %v", got[first], got[second])
		}
	})
}

func TestASuccessEndsTheLadderAndMayBeReplayed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		event := w.delivered(a, 1)[0]
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		w.receivers.at("https://a.example", accepts)
		w.passes(time.Minute)
		w.receivers.await(t, "https://a.example", 2)
		w.idle()
		w.passes(time.Hour)
		w.idle()
		d := w.only(a)
		if n := len(w.receivers.all("https://a.example")); n != 2 || d.State != "delivered" || !slices.Equal(d.numbers(), upTo(2)) || d.Attempts[1].Problem != nil {
			t.Fatalf("%d attempts came in: %+v", n, d)
		}
		w.get(a, "webhook/replay", "eventIds="+itoa(event), api.CodeOK, nil)
		w.receivers.await(t, "https://a.example", 3)
		w.idle()
		if d := w.only(a); d.State != "delivered" || !slices.Equal(d.numbers(), upTo(3)) || d.Attempts[1].Problem != nil {
			t.Errorf("replayed: %+v", d)
		}
	})
}

func TestTheLadderGoesOnAfterARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		w.delivered(a, 1)
		for try := 1; try <= 4; try++ {
			posts := w.receivers.await(t, "https://a.example", try)
			w.idle()
			if got := posts[len(posts)-1]; len(posts) != try || got.Attempt != try {
				t.Fatalf("attempt %d is number %d", len(posts), got.Attempt)
			}
			w.restart()
			w.passes(time.Duration(try)*time.Minute - time.Millisecond)
			w.idle()
			w.passes(time.Millisecond)
		}
	})
}
