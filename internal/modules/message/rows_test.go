package message_test

import (
	"math/rand/v2"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

var insertRecord = db.Rows(`INSERT INTO message (id, account_id, campaign_id, created_ms, sender, recipient, text, country, operator,
		seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms, deferred_ms, start_send_ms, status_update_ms)
	SELECT :id, :account_id, :campaign_id, :created_ms, :sender, :recipient, :text, :country, :operator,
		:seg_num, :seg_price, :status, :moderation, 2, 1, 60, :expires_ms, :deferred_ms, :start_send_ms, :status_update_ms {rows}`,
	"id bigint", "account_id bigint", "campaign_id bigint", "created_ms bigint", "sender text", "recipient text", "text text",
	"country text", "operator text", "seg_num bigint", "seg_price bigint", "status bigint", "moderation bigint",
	"expires_ms bigint", "deferred_ms bigint", "start_send_ms bigint", "status_update_ms bigint")

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
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		return tx.Each(insertRecord, len(records), func(i int, args []any) {
			r := records[i]
			args[0], args[1], args[2], args[3], args[4], args[5] = r.ID, r.AccountID, r.CampaignID, r.CreatedMs, r.Sender, r.Recipient
			args[6], args[7], args[8], args[9], args[10] = orNil(r.Text), r.Country, r.Operator, r.SegNum, int64(r.SegPrice)
			args[11], args[12], args[13] = int64(r.Status), int64(r.Moderation), r.ExpiresMs
			args[14], args[15], args[16] = orNil(r.DeferredMs), orNil(r.StartSendMs), orNil(r.StatusUpdateMs)
		})
	}))
}

func orNil[T comparable](v T) any {
	if v == *new(T) {
		return nil
	}
	return v
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

// randomRecords makes n records of an account within ten days around now.
func (w *world) randomRecords(random *rand.Rand, accountID int64, n int) []*message.Record {
	const days = 10 * 86_400_000
	now := w.clock.Now().UnixMilli()
	moment := func() int64 { return now - days/2 + random.Int64N(days) }
	perhaps := func(v int64) int64 { return v * random.Int64N(2) }
	records := make([]*message.Record, n)
	for i := range records {
		r := &message.Record{StartSendMs: perhaps(moment()), StatusUpdateMs: perhaps(moment())}
		r.AccountID, r.CreatedMs, r.DeferredMs = accountID, moment(), perhaps(moment())
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
