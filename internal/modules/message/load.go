package message

import (
	"database/sql"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

var selectMessage = db.Rows(`SELECT message.id, message.account_id, message.campaign_id, message.sender, message.recipient,
		message.text, message.country, message.operator, message.seg_num, message.seg_price, message.status, message.mclass,
		message.expires_ms, message.deferred_ms
	FROM message {rows} WHERE message.id = :id`, "id bigint")

// Load reads messages by their ids, as much of them as sending needs, in the
// transaction that claims them. They come in no particular order.
func (m *Module) Load(tx *db.Tx, ids []int64) ([]*Message, error) {
	loaded := make([]*Message, 0, len(ids))
	err := tx.EachReturning(selectMessage, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(rows db.Row) error {
		msg := &Message{}
		var price int64
		var text sql.NullString
		var deferred sql.NullInt64
		err := rows.Scan(&msg.ID, &msg.AccountID, &msg.CampaignID, &msg.Sender, &msg.Recipient, &text, &msg.Country,
			&msg.Operator, &msg.SegNum, &price, &msg.Status, &msg.MClass, &msg.ExpiresMs, &deferred)
		msg.SegPrice, msg.Text, msg.DeferredMs = money.Amount(price), text.String, deferred.Int64
		loaded = append(loaded, msg)
		return err
	})
	return loaded, err
}
