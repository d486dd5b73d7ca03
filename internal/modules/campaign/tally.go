package campaign

import (
	"cmp"
	"maps"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

const (
	// costMost bounds what a campaign costs, and messageMost each of its messages: their
	// sums then fit.
	costMost    = money.Amount(1 << 62)
	messageMost = money.Amount(1e15)
)

// tallyAdded notes, wherever sums of them stand, messages that were added, and how many
// recipients were refused.
func tallyAdded(tx *db.Tx, campaignID int64, added []*message.Message, refused int) error {
	var first any
	if len(added) > 0 {
		first = added[0].ID
	}
	return tally(tx, campaignID, added, 1, refused, first)
}

// tallyRemoved takes messages that were removed out of the sums.
func tallyRemoved(tx *db.Tx, campaignID int64, removed []*message.Message) error {
	return tally(tx, campaignID, removed, -1, 0, nil)
}

// tally writes sums by place, and those of the whole campaign: by is 1 or -1. first is the
// message that was added first, of a campaign that had none; nil = not known.
func tally(tx *db.Tx, campaignID int64, all []*message.Message, by, refused int, first any) error {
	parts, sum := sums(all, by)
	keys := slices.SortedFunc(maps.Keys(parts), byPlace)
	err := tx.Each(addPart, len(keys), func(i int, args []any) {
		key, t := keys[i], parts[keys[i]]
		args[0], args[1], args[2], args[3], args[4], args[5] = campaignID, key.Country, key.Operator, int64(key.SegPrice), t.Messages, t.Segments
	})
	if err != nil {
		return err
	}
	noted, err := tx.Exec(addSums, campaignID, sum.Messages, sum.Segments, int64(sum.Cost), refused, first, int64(costMost))
	if err == nil && noted == 0 {
		return api.Failed("message.costTooHigh", nil)
	}
	return err
}

var (
	addPart = db.Rows(`INSERT INTO campaign_part (campaign_id, country, operator, seg_price, messages, segments)
		SELECT :campaign_id, :country, :operator, :seg_price, :messages, :segments {rows} WHERE true
		ON CONFLICT (campaign_id, country, operator, seg_price) DO UPDATE
		SET messages = campaign_part.messages + excluded.messages, segments = campaign_part.segments + excluded.segments`,
		"campaign_id bigint", "country text", "operator text", "seg_price bigint", "messages bigint", "segments bigint")

	addSums = `UPDATE campaign SET messages = messages + $2, segments = segments + $3, cost = cost + $4,
			rejected = rejected + $5, first_id = coalesce(first_id, $6)
		WHERE id = $1 AND cost + $4 <= $7`
)

// part is where some of a campaign's messages go.
type part struct {
	Country, Operator string
	SegPrice          money.Amount
}

func byPlace(a, b part) int {
	return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.SegPrice, b.SegPrice))
}

// sums are what messages come to, times by: those of each place without the cost, and of
// all.
func sums(all []*message.Message, by int) (parts map[part]Tally, sum Tally) {
	parts = map[part]Tally{}
	for _, msg := range all {
		key := part{msg.Country, msg.Operator, msg.SegPrice}
		was := parts[key]
		parts[key] = Tally{was.Segments + by*msg.SegNum, was.Messages + by, 0}
		sum = Tally{sum.Segments + by*msg.SegNum, sum.Messages + by, sum.Cost + money.Amount(by)*msg.Cost()}
	}
	return parts, sum
}
