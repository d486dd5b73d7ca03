package message_test

import (
	"math/rand/v2"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
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

func names() []string { return []string{"", "Žluť", "žluť", "a", "B"} }

const day = 86_400_000 // ms

// noGroups knows no contact group.
type noGroups struct{}

func (noGroups) Groups(*db.Reader, int64, []int64) ([]contactgroup.Group, error) { return nil, nil }

// bulk gives an account's campaigns of many messages: one in each state, some in a few
// groups.
func (w *world) bulk(random *rand.Rand, accountID int64) []*campaign.Bulk {
	w.t.Helper()
	if known := w.bulks[accountID]; known != nil {
		return known
	}
	now := w.clock.Now().UnixMilli()
	var all []*campaign.Bulk
	for state := campaign.Draft; state <= campaign.Done; state++ {
		b := &campaign.Bulk{ID: w.heldIDs(1)[0], AccountID: accountID, Type: campaign.SameText, State: state, Text: pick(random, texts()),
			From: pick(random, senders()), CreationWay: message.ByAPI, ValidityMin: 60, CreatedMs: now - random.Int64N(10*day)}
		b.Moderation = map[campaign.State]message.Moderation{campaign.Waiting: message.WaitingModerator, campaign.Declined: message.Declined,
			campaign.Ready: pick(random, []message.Moderation{message.AutoReady, message.Ready})}[state]
		if state >= campaign.Running {
			b.StartSendMs = b.CreatedMs + random.Int64N(day)
		} else {
			b.DeferredMs = random.Int64N(2) * (now - day + random.Int64N(2*day))
		}
		for id := range int64(13) {
			if random.IntN(5) == 0 {
				b.Groups = append(b.Groups, id+1)
			}
		}
		all = append(all, b)
	}
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return campaign.Restore(tx, all) }))
	w.bulks[accountID] = all
	return all
}

// randomRecords makes n records of an account of the last ten days; some are of its
// campaigns of many messages.
func (w *world) randomRecords(random *rand.Rand, accountID int64, n int) []*message.Record {
	w.t.Helper()
	now := w.clock.Now().UnixMilli()
	bulks := w.bulk(random, accountID)
	moment := func() int64 { return now - 5*day + random.Int64N(10*day) }
	later := func(ms int64) int64 { return min(now, ms+random.Int64N(10*day/4)) }
	perhaps := func(v int64) int64 { return v * random.Int64N(2) }
	records := make([]*message.Record, n)
	read := make([]string, n) // the texts
	for i := range records {
		r := &message.Record{}
		r.CreationWay, r.MClass, r.ValidityMin = message.ByAPI, 1, 60
		r.AccountID, r.CreatedMs, r.DeferredMs = accountID, now-random.Int64N(10*day), perhaps(moment())
		r.StartSendMs, r.StatusUpdateMs = perhaps(later(r.CreatedMs)), perhaps(later(r.CreatedMs))
		r.Sender, r.Text, r.Name = pick(random, senders()), pick(random, texts()), pick(random, names())
		r.Recipient, r.Country, r.SegNum = pick(random, recipients()), "KZ", 1+random.IntN(10)
		r.SegPrice, r.Operator = segmentPrice, pick(random, []string{"", "Kcell"})
		r.Status, r.Moderation = message.Status(random.IntN(9)), message.Moderation(random.IntN(4))
		read[i] = r.Text
		if random.IntN(3) == 0 {
			b := pick(random, bulks)
			r.CampaignID, r.CardID = b.ID, random.Int64N(3)
			if len(b.Groups) > 0 {
				r.GroupID = perhaps(pick(random, b.Groups))
			}
			if random.IntN(3) > 0 { // else the template was filled for the recipient
				r.Text, read[i] = "", b.Text
			}
		}
		records[i] = r
	}
	w.insert(records...)
	for i, r := range records {
		r.Text = read[i]
	}
	return records
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
