package message

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Record is a message as it stands in the database: what was accepted, and what
// has become of it.
type Record struct {
	Message
	StartSendMs    int64  // when sending began; 0 = it has not
	StatusUpdateMs int64  // when the status last changed; 0 = never
	DecidedMs      int64  // when a moderator decided on it; 0 = nobody did
	Comment        string // the moderator's, who declined it
}

// recordColumns are what fields reads, in its order.
const recordColumns = `id, account_id, campaign_id, created_ms, sender, recipient, ` + textColumn + `, country, operator,
	seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms,
	coalesce(deferred_ms, 0), coalesce(name, ''), coalesce(start_send_ms, 0), coalesce(status_update_ms, 0), coalesce(card_id, 0), coalesce(group_id, 0), ` + decisionColumns

func (r *Record) fields() []any {
	return []any{
		&r.ID, &r.AccountID, &r.CampaignID, &r.CreatedMs, &r.Sender, &r.Recipient, &r.Text, &r.Country, &r.Operator,
		&r.SegNum, &r.SegPrice, &r.Status, &r.Moderation, &r.CreationWay, &r.MClass, &r.ValidityMin, &r.ExpiresMs,
		&r.DeferredMs, &r.Name, &r.StartSendMs, &r.StatusUpdateMs, &r.CardID, &r.GroupID, &r.DecidedMs, &r.Comment,
	}
}

// FindSingle reads the account's message of that id which was sent singly;
// db.ErrNotFound says that there is none.
func (m *Module) FindSingle(ctx context.Context, accountID, id int64) (*Record, error) {
	r := &Record{}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		return q.One("SELECT "+recordColumns+" FROM message WHERE account_id = $1 AND id = $2 AND campaign_id = id",
			[]any{accountID, id}, r.fields()...)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// TextOf is a message's text: its own, or its campaign's.
func (m *Module) TextOf(q *db.Reader, id int64) (text string, err error) {
	err = q.One("SELECT "+textColumn+" FROM message WHERE id = $1", []any{id}, &text)
	return text, err
}
