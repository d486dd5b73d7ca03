package message

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Record is a message as it stands in the database: what was accepted, and what
// has become of it.
type Record struct {
	Message
	StartSendMs    int64 // when sending began; 0 = it has not
	StatusUpdateMs int64 // when the status last changed; 0 = never
}

// recordColumns are what fields reads, in its order. A bulk message has no text
// of its own here: it is its campaign's.
const recordColumns = `id, account_id, campaign_id, created_ms, sender, recipient, coalesce(text, ''), country, operator,
	seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms,
	coalesce(deferred_ms, 0), coalesce(name, ''), coalesce(start_send_ms, 0), coalesce(status_update_ms, 0)`

func (r *Record) fields() []any {
	return []any{
		&r.ID, &r.AccountID, &r.CampaignID, &r.CreatedMs, &r.Sender, &r.Recipient, &r.Text, &r.Country, &r.Operator,
		&r.SegNum, &r.SegPrice, &r.Status, &r.Moderation, &r.CreationWay, &r.MClass, &r.ValidityMin, &r.ExpiresMs,
		&r.DeferredMs, &r.Name, &r.StartSendMs, &r.StatusUpdateMs,
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
