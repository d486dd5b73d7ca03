package message

import (
	"database/sql"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// textColumn is a message's text: its own, or its campaign's, perhaps with a piece that
// is the message's own: its personal links.
const textColumn = `coalesce(CASE WHEN message.campaign_id <> message.id THEN (SELECT
		CASE WHEN v_campaign.own_part IS NULL THEN coalesce(message.text, v_campaign.text)
			ELSE replace(v_campaign.text, v_campaign.own_part, message.text) END
		FROM v_campaign WHERE v_campaign.id = message.campaign_id) END, message.text, '')`

const loadColumns = `message.id, message.account_id, message.campaign_id, message.sender, message.recipient,
	` + textColumn + `, message.country, message.operator, message.seg_num, message.seg_price, message.status, message.mclass,
	message.expires_ms, message.deferred_ms`

var selectMessage = db.Rows(`SELECT `+loadColumns+` FROM message {rows} WHERE message.id = :id`, "id bigint")

func load(row db.Row) (*Message, error) {
	msg := &Message{}
	var deferred sql.NullInt64
	err := row.Scan(&msg.ID, &msg.AccountID, &msg.CampaignID, &msg.Sender, &msg.Recipient, &msg.Text, &msg.Country,
		&msg.Operator, &msg.SegNum, &msg.SegPrice, &msg.Status, &msg.MClass, &msg.ExpiresMs, &deferred)
	msg.DeferredMs = deferred.Int64
	return msg, err
}

// Load reads messages by their ids, as much of them as sending needs, in the
// transaction that claims them. They come in no particular order.
func (m *Module) Load(tx *db.Tx, ids []int64) ([]*Message, error) {
	loaded := make([]*Message, 0, len(ids))
	err := tx.EachReturning(selectMessage, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(row db.Row) error {
		msg, err := load(row)
		loaded = append(loaded, msg)
		return err
	})
	return loaded, err
}
