package post

import "strconv"

// Event is the envelope of one attempt.
type Event struct {
	ID        int64 // the same in all attempts
	Type      string
	CreateTs  string // in the account's zone, like all times here
	WebhookID int64
	Attempt   int // from 1
	Report
}

// Report is the data of an sms-delivery-report.
type Report struct {
	CampaignID, MessageID      int64
	SegNum                     int
	StatusUpdateTs, Status, To string
}

// append writes the event in the order of contract §8. An empty sign is left out.
func (e *Event) append(b []byte, s *syntax, sign string) []byte {
	w := writer{syntax: s, buf: b}
	w.number(e.ID)
	w.text(e.Type)
	w.text(e.CreateTs)
	w.number(e.WebhookID)
	w.number(int64(e.Attempt))
	w.number(e.CampaignID)
	w.number(e.MessageID)
	w.number(int64(e.SegNum))
	w.text(e.StatusUpdateTs)
	w.text(e.Status)
	w.text(e.To)
	if sign == "" {
		return append(w.buf, s.end...)
	}
	w.buf = append(append(w.buf, s.sign...), sign...)
	return append(w.buf, s.signed...)
}

// writer writes one value after the other, and what its syntax has around them.
type writer struct {
	*syntax
	buf  []byte
	next int
}

func (w *writer) number(n int64) {
	w.buf = strconv.AppendInt(append(w.buf, w.before[w.next]...), n, 10)
	w.next++
}

func (w *writer) text(s string) {
	w.buf = w.escape(append(w.buf, w.before[w.next]...), s)
	w.next++
}
