package webhook

import "github.com/heliograph-sms/heliograph/internal/metrics"

// counts are the deliverer's metrics.
type counts struct {
	attempts *metrics.CounterVec // by what became of them
	failed   *metrics.Counter
}

func newCounts(r *metrics.Registry, l *line) counts {
	r.GaugeFunc("heliograph_webhook_events_held", "Events in memory that are to be posted, or are being posted.", nil,
		func() float64 { held, _ := l.counts(); return float64(held) })
	r.GaugeFunc("heliograph_webhook_attempts_under_way", "Attempts under way.", nil,
		func() float64 { _, active := l.counts(); return float64(active) })
	c := counts{
		attempts: r.CounterVec("heliograph_webhook_attempts_total", "Attempts to tell a webhook of an event, by problem; none = delivered.", "problem"),
		failed:   r.Counter("heliograph_webhook_failed_total", "Events left to be replayed: their last attempt failed."),
	}
	c.attempts.With("none") // shown from the start
	return c
}

func (c *counts) attempted(o *outcome) {
	problem := string(o.result.Problem)
	if problem == "" {
		problem = "none"
	}
	c.attempts.With(problem).Inc()
	if o.state == Failed {
		c.failed.Inc()
	}
}
