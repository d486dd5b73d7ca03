package campaign

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// counterKey names a counter.
type counterKey struct {
	campaign int64
	status   message.Status
}

func byCampaign(a, b counterKey) int {
	return cmp.Or(cmp.Compare(a.campaign, b.campaign), cmp.Compare(a.status, b.status))
}

// tallies are what is to be added to counters.
type tallies map[counterKey]Tally

// add adds to a counter. Of messages that are NEW there is none: they are what the
// campaign holds and no counter has.
func (t tallies) add(key counterKey, messages, segments int, cost money.Amount) {
	if key.status == message.Created {
		return
	}
	was := t[key]
	t[key] = Tally{was.Segments + segments, was.Messages + messages, was.Cost + cost}
}

// Moved counts changes of bulk messages in the transaction that writes them: as steps,
// rows of this process alone, so that nobody waits for a counter's lock. It makes
// Module a message.Campaigns.
func (m *Module) Moved(tx *db.Tx, moves []message.Move) error {
	sums := tallies{}
	for _, move := range moves {
		if move.From != move.To {
			sums.add(counterKey{move.CampaignID, move.From}, -1, -move.Segments, -move.Cost)
			sums.add(counterKey{move.CampaignID, move.To}, 1, move.Segments, move.Cost)
		}
	}
	return m.step(tx, sums)
}

var insertStep = db.Rows(`INSERT INTO campaign_step (epoch, seq, campaign_id, status, messages, segments, cost, stepped_ms)
	SELECT :epoch, :seq, :campaign_id, :status, :messages, :segments, :cost, :stepped_ms {rows}`,
	"epoch bigint", "seq bigint", "campaign_id bigint", "status bigint", "messages bigint", "segments bigint", "cost bigint", "stepped_ms bigint")

func (m *Module) step(tx *db.Tx, sums tallies) error {
	maps.DeleteFunc(sums, func(_ counterKey, t Tally) bool { return t == Tally{} })
	return m.insertSteps(tx, sums)
}

// recount has what the counters say of a campaign looked at again, once all that is
// committed up to now is in them.
func (m *Module) recount(tx *db.Tx, campaignID int64) error {
	return m.insertSteps(tx, tallies{{campaignID, message.Enqueued}: {}})
}

func (m *Module) insertSteps(tx *db.Tx, sums tallies) error {
	if len(sums) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(sums), byCampaign)
	err := tx.Each(insertStep, len(keys), func(i int, args []any) {
		key, sum := keys[i], sums[keys[i]]
		args[0], args[1], args[2], args[3] = m.Node.Epoch(), m.steps.Add(1), key.campaign, int64(key.status)
		args[4], args[5], args[6], args[7] = sum.Messages, sum.Segments, int64(sum.Cost), tx.Now()
	})
	tx.After(func() { m.stepped.Store(true) })
	return err
}

// foldChunk bounds the steps that one transaction adds to counters.
const foldChunk = 300

// fold adds this process's steps to the counters: the work of a loop, four times a
// second, so that counters follow within one.
func (m *Module) fold(ctx context.Context) error {
	if !m.stepped.Swap(false) {
		return nil
	}
	if err := m.foldAll(ctx, m.Node.Epoch()); err != nil {
		m.stepped.Store(true)
		return fmt.Errorf("count campaigns' messages: %w", err)
	}
	return nil
}

func (m *Module) foldAll(ctx context.Context, epoch int64) error {
	for folded := foldChunk; folded == foldChunk && ctx.Err() == nil; {
		err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			folded, err = foldSome(tx, epoch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const takeSteps = `DELETE FROM campaign_step WHERE epoch = $1 AND seq IN (SELECT seq FROM campaign_step WHERE epoch = $1 ORDER BY seq LIMIT $2)
	RETURNING campaign_id, status, messages, segments, cost`

var addCounter = db.Rows(`INSERT INTO campaign_counter (campaign_id, status, messages, segments, cost, updated_ms)
	SELECT :campaign_id, :status, :messages, :segments, :cost, :updated_ms {rows} WHERE true
	ON CONFLICT (campaign_id, status) DO UPDATE SET messages = campaign_counter.messages + excluded.messages,
		segments = campaign_counter.segments + excluded.segments, cost = campaign_counter.cost + excluded.cost, updated_ms = excluded.updated_ms`,
	"campaign_id bigint", "status bigint", "messages bigint", "segments bigint", "cost bigint", "updated_ms bigint")

func foldSome(tx *db.Tx, epoch int64) (folded int, err error) {
	sums := tallies{}
	err = tx.Query(takeSteps, func(row db.Row) error {
		var key counterKey
		var t Tally
		err := row.Scan(&key.campaign, &key.status, &t.Messages, &t.Segments, &t.Cost)
		sums.add(key, t.Messages, t.Segments, t.Cost)
		folded++
		return err
	}, epoch, foldChunk)
	if err != nil || folded == 0 {
		return 0, err
	}
	keys := slices.SortedFunc(maps.Keys(sums), byCampaign)
	campaigns := campaignsOf(keys)
	if err := lock(tx, campaigns); err != nil {
		return 0, err
	}
	err = tx.Each(addCounter, len(keys), func(i int, args []any) {
		key, sum := keys[i], sums[keys[i]]
		args[0], args[1], args[2], args[3] = key.campaign, int64(key.status), sum.Messages, sum.Segments
		args[4], args[5] = int64(sum.Cost), tx.Now()
	})
	if err != nil {
		return 0, err
	}
	return folded, conclude(tx, campaigns)
}

var lockCampaign = db.Rows(`SELECT campaign.id FROM campaign {rows} WHERE campaign.id = :id {lock campaign}`, "id bigint")

// lock has whoever counts the same campaigns wait: of two nodes that count the last
// messages of one, the later sees all of them.
func lock(tx *db.Tx, campaigns []int64) error {
	return tx.EachReturning(lockCampaign, len(campaigns), func(i int, args []any) { args[0] = campaigns[i] },
		func(row db.Row) error { return row.Scan(new(int64)) })
}

// campaignsOf are the campaigns of sorted keys, each once.
func campaignsOf(keys []counterKey) (ids []int64) {
	for _, key := range keys {
		ids = append(ids, key.campaign)
	}
	return slices.Compact(ids)
}

var (
	// From 2 on messages are handed over.
	concludeSent = db.Rows(`UPDATE campaign SET state = 6, end_send_ms = :now {rows} WHERE campaign.id = :id AND campaign.state = 5
		AND campaign.messages = (SELECT coalesce(sum(k.messages), 0) FROM campaign_counter k WHERE k.campaign_id = campaign.id AND k.status >= 2)`,
		"id bigint", "now bigint")
	// From 4 on they are final.
	concludeDone = db.Rows(`UPDATE campaign SET state = 7 {rows} WHERE campaign.id = :id AND campaign.state = 6
		AND campaign.messages = (SELECT coalesce(sum(k.messages), 0) FROM campaign_counter k WHERE k.campaign_id = campaign.id AND k.status >= 4)`, "id bigint")
)

// conclude notes of campaigns whose messages are all released what their counters
// say of them.
func conclude(tx *db.Tx, campaigns []int64) error {
	err := tx.Each(concludeSent, len(campaigns), func(i int, args []any) { args[0], args[1] = campaigns[i], tx.Now() })
	if err != nil {
		return err
	}
	return tx.Each(concludeDone, len(campaigns), func(i int, args []any) { args[0] = campaigns[i] })
}

// counters reads the counters of campaigns, by their ids.
func counters(q *db.Reader, c *api.Call, all []*Bulk) (map[int64]Counters, error) {
	byID := make(map[int64]Counters, len(all))
	ids := make([]int64, len(all))
	for i, b := range all {
		ids[i] = b.ID
		byID[b.ID] = newBulkCounters(c, b)
	}
	err := q.Each(selectCounters, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(row db.Row) error {
		var key counterKey
		var t Tally
		var updatedMs int64
		if err := row.Scan(&key.campaign, &key.status, &t.Messages, &t.Segments, &t.Cost, &updatedMs); err != nil {
			return err
		}
		counters := byID[key.campaign]
		counters.By[message.Created] = counters.By[message.Created].less(t)
		counters.By[key.status] = t
		counters.UpdateTs = max(counters.UpdateTs, c.FormatTime(updatedMs))
		byID[key.campaign] = counters
		return nil
	})
	return byID, err
}

var selectCounters = db.Rows(`SELECT k.campaign_id, k.status, k.messages, k.segments, k.cost, k.updated_ms FROM campaign_counter k {rows}
	WHERE k.campaign_id = :id`, "id bigint")
