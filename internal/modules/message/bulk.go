package message

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// Draft makes a bulk campaign's message to a destination, without an id, from memory
// alone. An empty own is the campaign's text, of segNum segments; any other text is
// the recipient's own and is measured.
func (m *Module) Draft(account *api.Account, to Destination, from, own string, segNum int) (*Message, Refusal) {
	msg := &Message{
		AccountID: account.ID, Recipient: to.Number, Country: to.Country, Operator: to.Operator,
		Text: own, SegNum: segNum, SegPrice: to.Price, Status: Created,
	}
	if own != "" {
		measured, err := text.Measure(own)
		if err != nil || measured.Segments > m.MaxSegments {
			return nil, Unsendable
		}
		msg.SegNum = measured.Segments
	}
	var usable bool
	if msg.Sender, usable = m.Alphanames.Resolve(account.ID, from, to.Country); !usable || !m.Queue.Routes(msg) {
		return nil, NoPrice
	}
	if _, fits := msg.SegPrice.Mul(msg.SegNum); !fits {
		return nil, Unsendable
	}
	return msg, NotRefused
}

// Sender chooses the sender that a campaign is shown with, wherever it goes.
func (m *Module) Sender(accountID int64, from string) (name string, ok bool) {
	return m.Alphanames.Resolve(accountID, from, "")
}

var insertBulk = db.Rows(`INSERT INTO message (id, account_id, campaign_id, created_ms, sender, recipient, text,
		country, operator, seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms, card_id, group_id)
	SELECT :id, :account_id, :campaign_id, :created_ms, :sender, :recipient, :text,
		:country, :operator, :seg_num, :seg_price, :status, 0, :creation_way, :mclass, :validity_min, 0, :card_id, :group_id {rows}`,
	"id bigint", "account_id bigint", "campaign_id bigint", "created_ms bigint", "sender text", "recipient text", "text text",
	"country text", "operator text", "seg_num bigint", "seg_price bigint", "status bigint", "creation_way bigint",
	"mclass bigint", "validity_min bigint", "card_id bigint", "group_id bigint")

// Add writes a bulk campaign's messages, in the campaign's transaction: they are NEW,
// not charged and in no queue, and their validity has not begun.
func (m *Module) Add(tx *db.Tx, all []*Message) error {
	err := tx.Each(insertBulk, len(all), func(i int, args []any) {
		msg := all[i]
		args[0], args[1], args[2], args[3] = msg.ID, msg.AccountID, msg.CampaignID, msg.CreatedMs
		args[4], args[5], args[6] = msg.Sender, msg.Recipient, db.OrNull(msg.Text)
		args[7], args[8], args[9], args[10] = msg.Country, msg.Operator, int64(msg.SegNum), int64(msg.SegPrice)
		args[11], args[12], args[13], args[14] = int64(msg.Status), int64(msg.CreationWay), int64(msg.MClass), int64(msg.ValidityMin)
		args[15], args[16] = db.OrNull(msg.CardID), db.OrNull(msg.GroupID)
	})
	if err != nil {
		return err
	}
	return m.filler.note(tx, all)
}

// OfCampaign reads messages of a bulk campaign in the order of their ids, from the
// first behind after, as much of them as sending needs.
func (m *Module) OfCampaign(tx *db.Tx, campaignID, after int64, limit int) (all []*Message, err error) {
	err = tx.Query(`SELECT `+loadColumns+` FROM message WHERE campaign_id = $1 AND id > $2 AND campaign_id <> id ORDER BY id LIMIT $3`,
		func(row db.Row) error {
			msg, err := load(row)
			all = append(all, msg)
			return err
		}, campaignID, after, limit)
	return all, err
}

// RecordsOfCampaign reads messages of a bulk campaign as they stand now, in the order of
// their ids, from the first behind after.
func (m *Module) RecordsOfCampaign(q *db.Reader, campaignID, after int64, limit int) ([]*Record, error) {
	return queryRecords(q, "SELECT "+recordColumns+" FROM message WHERE campaign_id = $1 AND id > $2 AND campaign_id <> id ORDER BY id LIMIT $3",
		[]any{campaignID, after, int64(limit)})
}

// IDsOfCampaign reads the ids alone.
func (m *Module) IDsOfCampaign(q *db.Reader, campaignID, after int64, limit int) (ids []int64, err error) {
	err = q.Query(`SELECT id FROM message WHERE campaign_id = $1 AND id > $2 AND campaign_id <> id ORDER BY id LIMIT $3`,
		appendID(&ids), campaignID, after, limit)
	return ids, err
}

// Unreleased gives those of the messages that are NEW.
func (m *Module) Unreleased(tx *db.Tx, ids []int64) (unreleased []int64, err error) {
	err = tx.EachReturning(selectUnreleased, len(ids), func(i int, args []any) { args[0] = ids[i] }, appendID(&unreleased))
	return unreleased, err
}

func appendID(to *[]int64) func(db.Row) error {
	return func(row db.Row) error {
		var id int64
		err := row.Scan(&id)
		*to = append(*to, id)
		return err
	}
}

var selectUnreleased = db.Rows(`SELECT message.id FROM message {rows} WHERE message.id = :id AND message.status = 0 {lock message}`, "id bigint")

var releaseMessage = db.Rows(`UPDATE message SET was = message.status, status = 1, status_update_ms = :at_ms, expires_ms = :expires_ms {rows}
	WHERE message.id = :id AND message.status = 0 RETURNING :place`, "id bigint", "at_ms bigint", "expires_ms bigint")

// Release lets messages of campaigns go, in the campaign's transaction: those that
// are NEW are ENQUEUD and planned, to be valid until expiresMs. The caller tells the
// queue what became of the transaction: Committed or Dropped.
func (m *Module) Release(tx *db.Tx, all []*Message, expiresMs int64) (released []*Outgoing, err error) {
	var moves []Move
	err = tx.EachTouched(releaseMessage, len(all), func(i int, args []any) {
		args[0], args[1], args[2] = all[i].ID, tx.Now(), expiresMs
	}, func(i int) {
		msg := all[i]
		msg.Status, msg.ExpiresMs = Enqueued, expiresMs
		released = append(released, &Outgoing{Message: msg})
		moves = append(moves, Move{msg.CampaignID, Created, Enqueued, msg.SegNum, msg.Cost(), tx.Now()})
	})
	if err != nil || len(released) == 0 {
		return nil, err
	}
	if err := m.Campaigns.Moved(tx, moves); err != nil {
		return nil, err
	}
	return released, m.Queue.Plan(tx, released)
}

// Remove deletes messages that were never released, in the campaign's transaction, as
// if they had not been. Blocks that have them are made anew.
func (m *Module) Remove(tx *db.Tx, accountID int64, ids []int64) error {
	err := tx.Each(deleteMessage, len(ids), func(i int, args []any) { args[0] = ids[i] })
	if err != nil {
		return err
	}
	return tx.Each(recheckBlock, len(ids), func(i int, args []any) { args[0], args[1], args[2] = accountID, ids[i], tx.Now() })
}

var (
	deleteMessage = db.Rows(`DELETE FROM message {rows} WHERE message.id = :id AND message.status = 0`, "id bigint")

	recheckBlock = db.Rows(`UPDATE message_block SET check_ms = :now {rows}
		WHERE message_block.account_id = :account_id AND message_block.first_id <= :id AND message_block.last_id >= :id`,
		"account_id bigint", "id bigint", "now bigint")
)
