package message_test

import (
	"math/rand/v2"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// insert writes records as they are, whether or not sending could make them so.
func (w *world) insert(records ...*message.Record) {
	w.t.Helper()
	for _, r := range records {
		id, err := w.db.NextID(w.t.Context(), message.IDs)
		w.ok(err)
		if r.ID = id; r.CampaignID == 0 {
			r.CampaignID = id
		}
	}
	w.insertAs(records...)
}

// insertAs is insert for records that have an id.
func (w *world) insertAs(records ...*message.Record) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Restore(tx, records) }))
}

// The values that random records have, few enough to meet often.
func senders() []string { return []string{"Heliograph", "Bank", "bank", "Žluť"} }
func texts() []string {
	return []string{"Hi", "hi", "100%", "a_b", `back\slash`, "Привет", "€"}
}
func recipients() []string {
	return []string{"77010000001", "77010000002", "77770701000", "79990000001"}
}

const bulkCampaign = 7_000_000 // of some of the random records; the next one is too

// randomRecords makes n records of an account of the last ten days.
func (w *world) randomRecords(random *rand.Rand, accountID int64, n int) []*message.Record {
	const days = 10 * 86_400_000
	now := w.clock.Now().UnixMilli()
	moment := func() int64 { return now - days/2 + random.Int64N(days) }
	later := func(ms int64) int64 { return min(now, ms+random.Int64N(days/4)) }
	perhaps := func(v int64) int64 { return v * random.Int64N(2) }
	records := make([]*message.Record, n)
	for i := range records {
		r := &message.Record{}
		r.CreationWay, r.MClass, r.ValidityMin = message.ByAPI, 1, 60
		r.AccountID, r.CreatedMs, r.DeferredMs = accountID, now-random.Int64N(days), perhaps(moment())
		r.StartSendMs, r.StatusUpdateMs = perhaps(later(r.CreatedMs)), perhaps(later(r.CreatedMs))
		r.Sender, r.Text = pick(random, senders()), pick(random, texts())
		r.Recipient, r.Country, r.SegNum = pick(random, recipients()), "KZ", 1+random.IntN(10)
		r.SegPrice, r.Operator = segmentPrice, pick(random, []string{"", "Kcell"})
		r.Status, r.Moderation = message.Status(random.IntN(9)), message.Moderation(random.IntN(4))
		if random.IntN(5) == 0 {
			r.CampaignID, r.Text = bulkCampaign+random.Int64N(2), ""
		}
		records[i] = r
	}
	w.insert(records...)
	return records
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
