package delivery

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Trace reads where a message is, and what is left of its way: part of
// message.Tracer.
func (d *Delivery) Trace(q *db.Reader, r *message.Record) (*message.Trace, error) {
	t := &message.Trace{}
	for _, read := range []func(*db.Reader, *message.Record, *message.Trace) error{
		d.traceQueue, traceSegments, traceReceipts, traceRefusal,
	} {
		if err := read(q, r, t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (d *Delivery) traceQueue(q *db.Reader, r *message.Record, t *message.Trace) error {
	place := &message.TracedQueue{}
	err := q.One(`SELECT release_ms, epoch < 0 FROM queue WHERE message_id = $1`, []any{r.ID}, &place.ReleaseMs, &place.OnHold)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if on := d.route(&r.Message); on != nil {
		place.Carrier = on.Name
	}
	t.Queued = place
	return nil
}

func traceSegments(q *db.Reader, r *message.Record, t *message.Trace) error {
	return q.Query(`SELECT p.seg, c.name, p.attempt, p.doubt, coalesce(p.ref, ''), p.status,
			CASE WHEN p.attempt = 0 THEN 0 ELSE p.intent_ms END
		FROM pending p JOIN carrier c ON c.id = p.carrier_id WHERE p.message_id = $1 ORDER BY p.seg`, func(rows db.Row) error {
		var s message.TracedSegment
		err := rows.Scan(&s.Segment, &s.Carrier, &s.Attempts, &s.InDoubt, &s.Ref, &s.Status, &s.StartMs)
		t.Segments = append(t.Segments, s)
		return err
	}, r.ID)
}

// receiptsTraced bounds what is told of receipts: a number that gets more is
// somebody's test.
const receiptsTraced = 20

// traceReceipts finds receipts that no segment took and that may be about the
// message: one that is in doubt, or came to its end without its receipt. Of any
// other they would tell about somebody else's message to the same handset.
func traceReceipts(q *db.Reader, r *message.Record, t *message.Trace) error {
	sinceMs := r.StartSendMs
	lacking := r.Status == message.Expired
	for _, s := range t.Segments {
		lacking = lacking || s.InDoubt > 0
		sinceMs = max(sinceMs, s.StartMs)
	}
	if !lacking || sinceMs == 0 {
		return nil
	}
	return q.Query(`SELECT c.name, r.ref, r.status, r.error_code, r.received_ms FROM receipt r JOIN carrier c ON c.id = r.carrier_id
		WHERE r.recipient IN ($1, $2) AND r.sender = $3 AND r.received_ms >= $4 ORDER BY r.received_ms, r.id LIMIT $5`, func(rows db.Row) error {
		var kept message.TracedReceipt
		err := rows.Scan(&kept.Carrier, &kept.Ref, &kept.Status, &kept.ErrorCode, &kept.ReceivedMs)
		t.Receipts = append(t.Receipts, kept)
		return err
	}, r.Recipient, "+"+r.Recipient, r.Sender, sinceMs, receiptsTraced)
}

func traceRefusal(q *db.Reader, r *message.Record, t *message.Trace) error {
	refusal := &message.TracedRefusal{}
	err := q.One(`SELECT reason, refused_ms FROM refusal WHERE message_id = $1`, []any{r.ID}, &refusal.Reason, &refusal.RefusedMs)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	t.Refusal = refusal
	return nil
}
