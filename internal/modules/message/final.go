package message

import "github.com/heliograph-sms/heliograph/internal/db"

// Events is package webhook, as far as settling needs it.
type Events interface {
	// Wanted tells whether anybody wants to hear of final statuses.
	Wanted() bool
	// Report writes, in the transaction that made messages final, whom to tell.
	Report(tx *db.Tx, finals []Final) error
	// Told reads, with q, the attempts to tell of a message, in no particular order.
	Told(q *db.Reader, accountID, messageID int64) ([]Told, error)
}

// Told is an attempt to tell a webhook of a message's final status. Problem ends a
// catalogue key, webhook.problem.…; "" = it was told.
type Told struct {
	WebhookID  int64
	Attempt    int // from 1
	AtMs       int64
	HTTPStatus int // 0 = there was no answer
	DurationMs int64
	Problem    string
}

// Final is a message that has come to its final status, as far as others are told.
type Final struct {
	ID, AccountID, CampaignID int64
	SegNum                    int
	Recipient                 string // digits
	Status                    Status
	AtMs                      int64 // when it came to it
}

const finalColumns = `message.id, message.account_id, message.campaign_id, message.seg_num, message.recipient, message.status,
	coalesce(message.status_update_ms, 0)`

func (f *Final) fields() []any {
	return []any{&f.ID, &f.AccountID, &f.CampaignID, &f.SegNum, &f.Recipient, &f.Status, &f.AtMs}
}

var selectFinal = db.Rows("SELECT "+finalColumns+" FROM message {rows} WHERE message.id = :id", "id bigint")

// final is what others are told of a message that is in memory.
func (c Change) final() Final {
	return Final{c.ID, c.Of.AccountID, c.Of.CampaignID, c.Of.SegNum, c.Of.Recipient, c.Status, c.AtMs}
}

// Finals reads messages by their ids, as far as others are told of them.
func (m *Module) Finals(tx *db.Tx, ids []int64) (map[int64]Final, error) {
	finals := make(map[int64]Final, len(ids))
	err := tx.EachReturning(selectFinal, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(rows db.Row) error {
		var f Final
		err := rows.Scan(f.fields()...)
		finals[f.ID] = f
		return err
	})
	return finals, err
}
