package taskqueue

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestThePacerLetsEachPassOnceInAPeriodAndForgetsThem once it is over.
func TestThePacerLetsEachPassOnceInAPeriodAndForgetsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPacer(time.Second)
		now, passed := time.Unix(1000, 0), map[int64]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "ms")) * time.Millisecond)
			id := rapid.Int64Range(1, 5).Draw(t, "id")
			since := now.Sub(passed[id])
			wait := p.take(id, now)
			if must := 0 <= since && since < time.Second; must != (wait > 0) || must && wait != time.Second-since {
				t.Fatalf("%d passed %s ago and waits %s", id, since, wait)
			}
			if wait == 0 {
				passed[id] = now
			}
		}
		p.take(6, now.Add(time.Hour))
		if len(p.passed) != 1 {
			t.Fatalf("%d ids are held", len(p.passed))
		}
	})
}
