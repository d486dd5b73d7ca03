package smsc

import "sync/atomic"

type counts struct {
	submits, accepted, refused, throttled, cut             atomic.Uint64
	receipts, acknowledged, redelivered, dropped, messages atomic.Uint64
	rows                                                   [outcomes]atomic.Uint64
}

// Stats counts since the simulator was made.
type Stats struct {
	Submits   uint64 // submit_sm and data_sm seen
	Accepted  uint64 // of these: taken
	Refused   uint64 // answered with an error by the table (02, 08)
	Throttled uint64 // answered ESME_RTHROTTLED for Config.Rate
	Cut       uint64 // answered by cutting the link (09)

	Receipts     uint64 // deliver_sm that went out, repetitions included, once their answer came or never will
	Acknowledged uint64 // of these: acknowledged
	Redelivered  uint64 // of these: sent before, without an acknowledgement
	Dropped      uint64 // receipts given up: refused for good, or too many

	Messages uint64           // whole messages at the handset
	Rows     [outcomes]uint64 // submits per row of the table, Config.Rate's not among them
}

// Stats may be read at any time; figures read while messages pass need not agree with one another.
func (s *Simulator) Stats() Stats {
	c := &s.counts
	stats := Stats{
		Submits: c.submits.Load(), Accepted: c.accepted.Load(), Refused: c.refused.Load(), Throttled: c.throttled.Load(), Cut: c.cut.Load(),
		Receipts: c.receipts.Load(), Acknowledged: c.acknowledged.Load(), Redelivered: c.redelivered.Load(), Dropped: c.dropped.Load(),
		Messages: c.messages.Load(),
	}
	for row := range stats.Rows {
		stats.Rows[row] = c.rows[row].Load()
	}
	return stats
}
