package message

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// CampaignsTo gives the account's bulk campaigns with a message to a number that has
// these digits in it.
func (m *Module) CampaignsTo(q *db.Reader, accountID int64, digits string) (campaigns map[int64]bool, err error) {
	for {
		if campaigns, err = m.campaignsTo(q, accountID, digits); !errors.Is(err, errMoved) {
			return campaigns, err
		}
	}
}

func (m *Module) campaignsTo(q *db.Reader, account int64, digits string) (map[int64]bool, error) {
	late, err := readLate(q, account)
	if err != nil {
		return nil, err
	}
	shelf, err := m.shelves.read(q, account)
	if err != nil {
		return nil, err
	}
	f := &finding{search: &search{account: account}, q: q, shelf: shelf}
	missing, err := f.missing(late)
	if err != nil {
		return nil, err
	}
	campaigns := map[int64]bool{}
	if err := f.campaignsTo(digits, campaigns); err != nil {
		return nil, err
	}
	fresh := whereBulkTo(account, digits)
	fresh.Holds("id > ?", shelf.last)
	if err := readCampaignsOf(q, fresh, campaigns); err != nil || len(missing) == 0 {
		return campaigns, err
	}
	odd := whereBulkTo(account, digits)
	odd.OneOf("id", missing[:min(len(missing), idsAtOnce)]) // the others are in their block soon
	return campaigns, readCampaignsOf(q, odd, campaigns)
}

// campaignsTo adds the campaigns that blocks know.
func (f *finding) campaignsTo(digits string, campaigns map[int64]bool) error {
	to := [][]column.Condition{{column.OneOf(column.Kind, kindBulk), column.Part(digits)}}
	var asks []ask
	for _, b := range f.shelf.blocks {
		if rows, known, rest := column.JudgeAny(b.Summary, to); !known || rows > 0 {
			asks = append(asks, newAsk(b, rest, setOf(column.Campaign)))
		}
	}
	return eachBlock(f.q, asks, func(_ ask, c *columns, rows []int32) error {
		for _, row := range rows {
			campaigns[c[column.Campaign][row]] = true
		}
		return tooMany(campaigns)
	})
}

func tooMany(campaigns map[int64]bool) error {
	if len(campaigns) > campaignsAtMost {
		return errTooMany
	}
	return nil
}

func whereBulkTo(account int64, digits string) *db.Where {
	w := db.WhereAccount(account)
	w.Contains("recipient", digits)
	w.Holds("campaign_id <> id")
	return w
}

func readCampaignsOf(q *db.Reader, w *db.Where, campaigns map[int64]bool) error {
	return q.Query("SELECT campaign_id FROM message"+w.Clause(), func(row db.Row) error {
		var id int64
		if err := row.Scan(&id); err != nil {
			return err
		}
		campaigns[id] = true
		return tooMany(campaigns)
	}, w.Args()...)
}
