package delivery_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smsc"
)

// trace reads what delivery knows of a message.
func (w *world) trace(id int64) *message.Trace {
	w.t.Helper()
	r := &message.Record{Message: message.Message{ID: id, Country: "KZ", Sender: "Heliograph"}}
	var t *message.Trace
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) (err error) {
		if err = q.One(`SELECT recipient, status, coalesce(start_send_ms, 0) FROM message WHERE id = $1`, []any{id}, &r.Recipient, &r.Status, &r.StartSendMs); err == nil {
			t, err = w.delivery.Trace(q, r)
		}
		return err
	}))
	return t
}

func TestATraceTellsWhereAMessageIs(t *testing.T) {
	onCarrier(t, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Doubt = delivery.Wait }, func(t *testing.T, w *world) {
		w.end(w.life, time.Second)
		w.open()
		now := w.clock.Now().UnixMilli()
		for _, tt := range []struct {
			name   string
			become func(id int64)
			want   message.Trace
		}{
			{"queued", func(int64) {}, message.Trace{Queued: &message.TracedQueue{ReleaseMs: now, Carrier: "north"}}},
			{"on hold", func(id int64) { w.exec(`UPDATE queue SET epoch = -1 WHERE message_id = $1`, id) },
				message.Trace{Queued: &message.TracedQueue{ReleaseMs: now, OnHold: true, Carrier: "north"}}},
			{"unsent", func(id int64) { w.inState(id, 0, 0, message.Enqueued, nil) },
				message.Trace{Segments: []message.TracedSegment{{Segment: 1, Carrier: "north", Status: message.Enqueued}}}},
			{"in doubt", func(id int64) { w.inState(id, 1, 1, message.Enqueued, nil) },
				message.Trace{Segments: []message.TracedSegment{{Segment: 1, Carrier: "north", Attempts: 1, InDoubt: 1, Status: message.Enqueued, StartMs: now}}}},
			{"taken", func(id int64) { w.inState(id, 1, 0, message.Accepted, "m1") },
				message.Trace{Segments: []message.TracedSegment{{Segment: 1, Carrier: "north", Attempts: 1, Ref: "m1", Status: message.Accepted, StartMs: now}}}},
			{"refused", func(id int64) {
				w.exec(`DELETE FROM queue WHERE message_id = $1`, id)
				w.exec(`INSERT INTO refusal (message_id, reason, refused_ms) VALUES ($1, 'accountDeleted', $2)`, id, now)
			}, message.Trace{Refusal: &message.TracedRefusal{Reason: "accountDeleted", RefusedMs: now}}},
		} {
			id := w.send(number(1, 0), "hello")
			tt.become(id)
			got, err := json.Marshal(w.trace(id))
			w.ok(err)
			want, err := json.Marshal(tt.want)
			w.ok(err)
			if string(got) != string(want) {
				t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, want)
			}
		}
	})
}

// A receipt that fits nothing is told of a message that lacks one, and of no other:
// it may be about somebody else's message to the same handset.
func TestATraceHasTheReceiptsThatMayBeMeant(t *testing.T) {
	onCarrier(t, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Doubt = delivery.Wait }, func(t *testing.T, w *world) {
		w.end(w.life, time.Second)
		w.open()
		now := w.clock.Now().UnixMilli()
		for i, r := range []struct {
			to, sender string
			at         int64
		}{
			{number(1, 0), "Heliograph", now}, {"+" + number(1, 0), "Heliograph", now + 1},
			{number(1, 0), "Heliograph", now - 1}, {number(1, 0), "Another", now}, {number(2, 0), "Heliograph", now},
		} {
			w.exec(`INSERT INTO receipt (id, carrier_id, ref, recipient, sender, status, error_code, received_ms)
				SELECT $1, id, 'late', $2, $3, 4, '000', $4 FROM carrier`, i, r.to, r.sender, r.at)
		}
		lacking, other := w.send(number(1, 0), "a"), w.send(number(1, 0), "b")
		w.inState(lacking, 1, 1, message.Enqueued, nil)
		w.inState(other, 1, 0, message.Accepted, "m1")
		if got := w.trace(lacking).Receipts; len(got) != 2 || got[0].ReceivedMs != now || got[0].Carrier != "north" || got[0].Ref != "late" {
			t.Errorf("in doubt: %+v", got)
		}
		if got := w.trace(other).Receipts; len(got) != 0 {
			t.Errorf("waiting for its own receipt: %+v", got)
		}
	})
}
