package message

import "github.com/heliograph-sms/heliograph/internal/db"

var insertRecord = db.Rows(`INSERT INTO message (id, account_id, campaign_id, created_ms, sender, recipient, text, country, operator,
		seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms, deferred_ms, start_send_ms, status_update_ms, name, card_id, group_id)
	SELECT :id, :account_id, :campaign_id, :created_ms, :sender, :recipient, :text, :country, :operator,
		:seg_num, :seg_price, :status, :moderation, :creation_way, :mclass, :validity_min, :expires_ms, :deferred_ms, :start_send_ms, :status_update_ms,
		:name, :card_id, :group_id {rows}`,
	"id bigint", "account_id bigint", "campaign_id bigint", "created_ms bigint", "sender text", "recipient text", "text text",
	"country text", "operator text", "seg_num bigint", "seg_price bigint", "status bigint", "moderation bigint",
	"creation_way bigint", "mclass bigint", "validity_min bigint", "expires_ms bigint", "deferred_ms bigint",
	"start_send_ms bigint", "status_update_ms bigint", "name text", "card_id bigint", "group_id bigint")

// Restore writes messages as they are, whatever became of them: nothing is charged
// or sent. It is for tests and for filling a database that is to be measured.
func (m *Module) Restore(tx *db.Tx, records []*Record) error {
	return tx.Each(insertRecord, len(records), func(i int, args []any) {
		r := records[i]
		args[0], args[1], args[2], args[3], args[4], args[5] = r.ID, r.AccountID, r.CampaignID, r.CreatedMs, r.Sender, r.Recipient
		args[6], args[7], args[8], args[9], args[10] = db.OrNull(r.Text), r.Country, r.Operator, int64(r.SegNum), int64(r.SegPrice)
		args[11], args[12], args[13], args[14] = int64(r.Status), int64(r.Moderation), int64(r.CreationWay), int64(r.MClass)
		args[15], args[16], args[17] = int64(r.ValidityMin), r.ExpiresMs, db.OrNull(r.DeferredMs)
		args[18], args[19] = db.OrNull(r.StartSendMs), db.OrNull(r.StatusUpdateMs)
		args[20], args[21], args[22] = db.OrNull(r.Name), db.OrNull(r.CardID), db.OrNull(r.GroupID)
	})
}
