package delivery

import (
	"github.com/heliograph-sms/heliograph/internal/metrics"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// counts are delivery's metrics.
type counts struct {
	accepted *metrics.Counter
	finals   *metrics.CounterVec // by status
	answers  *metrics.CounterVec // by carrier and outcome
	receipts *metrics.CounterVec // by carrier and status
	doubts   *metrics.CounterVec // by carrier and policy
	repeated *metrics.Counter
}

func newCounts(r *metrics.Registry) counts {
	c := counts{
		accepted: r.Counter("heliograph_messages_accepted_total", "Messages accepted: durable, and answered with code 0."),
		finals:   r.CounterVec("heliograph_messages_final_total", "Messages that came to a final status.", "status"),
		answers:  r.CounterVec("heliograph_submits_total", "Segments submitted, by what became of it.", "carrier", "outcome"),
		receipts: r.CounterVec("heliograph_receipts_total", "Final receipts from carriers.", "carrier", "status"),
		doubts:   r.CounterVec("heliograph_in_doubt_total", "Segments whose submit ended without an answer.", "carrier", "policy"),
		repeated: r.Counter("heliograph_receipts_repeated_total", "Receipts for segments that a receipt had ended already."),
	}
	for status := message.Delivered; status <= message.Deleted; status++ {
		c.finals.With(status.String()) // shown from the start
	}
	return c
}

// ended counts the messages that an event's transaction ended.
func (c *counts) ended(e *event) {
	for _, status := range e.finals {
		c.finals.With(status.String()).Inc()
	}
}
