package campaign_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

func TestARateIsKeptInEvenSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			limit, period string
			every         time.Duration
			together      int
		}{
			{"60", "60", time.Second, 1}, {"6000", "60", 100 * time.Millisecond, 10}, {"1", "3600", time.Hour, 1}, {"7", "60", 8572 * time.Millisecond, 1},
			{"1177", "60", 51 * time.Millisecond, 1}, {"1200", "60", 100 * time.Millisecond, 2},
		} {
			id := w.sent(3*tt.together, "rateLimit", tt.limit, "ratePeriod", tt.period)
			before := w.plans()
			for step := 1; step <= 3; step++ {
				if w.release(); w.plans() != before+step*tt.together {
					t.Errorf("%s in %s s: %d messages after %d steps", tt.limit, tt.period, w.plans()-before, step)
				}
				w.passes(tt.every - time.Millisecond)
				if w.release(); w.plans() != before+step*tt.together {
					t.Errorf("%s in %s s: %d messages before step %d", tt.limit, tt.period, w.plans()-before, step+1)
				}
				w.passes(time.Millisecond)
			}
			w.release()
			w.deliver(10_000, message.Delivered)
			w.count()
			w.says(id, map[string]any{"commonStatus": "DONE", "rateLimit": tt.limit, "ratePeriod": tt.period})
		}
	})
}

// TestARateHoldsWheneverTheServerLooks: whenever it is looked whether a step is due, no
// more goes than the rate allows and one step late, and hardly less.
func TestARateHoldsWheneverTheServerLooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.SampledFrom([]int{60, 3600, 86400}).Draw(t, "period")
		limit := rapid.IntRange(1, 100*period).Draw(t, "limit")
		waits := rapid.SliceOfN(rapid.Int64Range(1, 110), 1, 300).Draw(t, "waits") // ms
		if away := rapid.Int64Range(0, 100_000).Draw(t, "away"); len(waits) > 10 {
			waits[len(waits)/2] += away
		}
		const begun = int64(1_000_000)
		b := &campaign.Bulk{RateLimit: limit, RatePeriod: period, ValidityMin: 1440, DueMs: begun, ValidMs: begun}
		perStep, now, looked, went := max(1, min(10, limit/(10*period))), begun, begun, 0
		for _, wait := range waits {
			before := went
			for b.DueMs <= now {
				went += campaign.Step(b, now)
			}
			if went-before > 2*perStep {
				t.Fatalf("%d messages at once, a step has %d", went-before, perStep)
			}
			if most := float64(limit) * float64(now-begun) / float64(1000*period); float64(went) > most+float64(2*perStep) {
				t.Fatalf("%d messages in %d ms, most is %f", went, now-begun, most)
			}
			now, looked = now+wait, looked+min(wait, 110)
		}
		if least := 0.8*float64(limit)*float64(looked-begun)/float64(1000*period) - 110; float64(went) < least {
			t.Fatalf("%d messages in %d ms, least is %f", went, looked-begun, least)
		}
	})
}

func TestValidityThatEndsBeforeReleaseIsPaidBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.queue.set(func(q *queue) { q.room = 0 })
		id := w.sent(campaign.ReleaseChunk+10, "validity", "60")
		w.release()
		w.passes(time.Hour - time.Millisecond)
		if w.release(); w.plans() != 0 {
			t.Errorf("%d messages went where there is no room", w.plans())
		}
		w.passes(time.Millisecond)
		w.release()
		w.count()
		w.says(id, map[string]any{"commonStatus": "DONE", "sendStatus": "DONE"})
		counters := w.info(id)["counters"].(map[string]any)
		if n := fmt.Sprint(campaign.ReleaseChunk + 10); counters["totalExpiredMsgNum"] != n || counters["totalMsgNum"] != n {
			t.Errorf("counters %v", counters)
		}
		if w.balance() != opening || w.plans() != 0 {
			t.Errorf("%s were kept, %d messages went", opening-w.balance(), w.plans())
		}
		w.audited()
	})
}

func TestMemoryThatIsFullHoldsCampaignsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.sent(2 * campaign.ReleaseChunk)
		want := 0
		for _, room := range []int{0, campaign.ReleaseChunk - 1, campaign.ReleaseChunk, 2*campaign.ReleaseChunk - 1} {
			want += room / campaign.ReleaseChunk * campaign.ReleaseChunk
			if w.releaseAtMost(room); w.plans() != want {
				t.Errorf("%d messages went", w.plans())
			}
		}
	})
}
