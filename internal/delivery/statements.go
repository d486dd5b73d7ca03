package delivery

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

var (
	insertQueue = db.Rows(`INSERT INTO queue (message_id, class, account_id, release_ms, expires_ms, epoch)
		SELECT :message_id, :class, :account_id, :release_ms, :expires_ms, :epoch {rows}`,
		"message_id bigint", "class bigint", "account_id bigint", "release_ms bigint", "expires_ms bigint", "epoch bigint")

	// The claim check: only who still holds the row may send.
	takeFromQueue = db.Rows(`DELETE FROM queue {rows} WHERE queue.message_id = :message_id AND queue.epoch = :epoch
		RETURNING :place`, "message_id bigint", "epoch bigint")

	insertPending = db.Rows(`INSERT INTO pending (message_id, seg, seg_num, carrier_id, recipient, sender, status,
			attempt, doubt, epoch, intent_ms, expires_ms)
		SELECT :message_id, :seg, :seg_num, :carrier_id, :recipient, :sender, 1, :attempt, 0, :epoch, :intent_ms, :expires_ms {rows}`,
		"message_id bigint", "seg bigint", "seg_num bigint", "carrier_id bigint", "recipient text", "sender text",
		"attempt bigint", "epoch bigint", "intent_ms bigint", "expires_ms bigint")

	// A new intent: only while none is live, and only by who holds the segment.
	// intent_ms stays that of the first intent which the carrier may have.
	armPending = db.Rows(`UPDATE pending SET attempt = :attempt, carrier_id = :carrier_id,
			intent_ms = CASE WHEN pending.attempt = 0 THEN :intent_ms ELSE pending.intent_ms END {rows}
		WHERE pending.message_id = :message_id AND pending.seg = :seg AND pending.epoch = :epoch
			AND pending.status = 1 AND pending.attempt = pending.doubt AND pending.attempt = :attempt - 1
		RETURNING :place`,
		"message_id bigint", "seg bigint", "epoch bigint", "attempt bigint", "carrier_id bigint", "intent_ms bigint")

	// A live intent ends without an answer: not sent (attempt falls) or in doubt
	// (doubt rises). Both make attempt and doubt equal. Only who armed it may.
	disarmPending = db.Rows(`UPDATE pending SET attempt = :attempt, doubt = :attempt, epoch = :epoch {rows}
		WHERE pending.message_id = :message_id AND pending.seg = :seg AND pending.status = 1
			AND pending.epoch = :armed_by AND pending.attempt = :armed`,
		"message_id bigint", "seg bigint", "attempt bigint", "epoch bigint", "armed_by bigint", "armed bigint")

	updatePending = db.Rows(`UPDATE pending SET status = :status, ref = coalesce(:ref, pending.ref), epoch = 0 {rows}
		WHERE pending.message_id = :message_id AND pending.seg = :seg AND pending.status < :status`,
		"message_id bigint", "seg bigint", "status bigint", "ref text")

	deletePending = db.Rows(`DELETE FROM pending {rows} WHERE pending.message_id = :message_id RETURNING :place`, "message_id bigint")

	pendingByRef = db.Rows(`SELECT :place, pending.message_id, pending.seg, pending.seg_num, pending.recipient,
			pending.status, pending.intent_ms, pending.expires_ms
		FROM pending {rows} WHERE pending.ref = :ref AND pending.carrier_id = :carrier_id`,
		"place bigint", "ref text", "carrier_id bigint")

	// What a carrier may have taken, once or once more, without our hearing its id.
	pendingInDoubt = db.Rows(`SELECT :place, pending.message_id, pending.seg, pending.seg_num, pending.recipient,
			pending.status, pending.intent_ms, pending.expires_ms
		FROM pending {rows} WHERE pending.recipient = :recipient AND pending.doubt > 0 AND pending.status < 4
			AND pending.carrier_id = :carrier_id AND pending.sender = :sender AND pending.intent_ms <= :received_ms`,
		"place bigint", "recipient text", "carrier_id bigint", "sender text", "received_ms bigint")

	pendingByMessage = db.Rows(`SELECT pending.message_id, pending.seg, pending.seg_num, pending.status,
			pending.attempt, pending.doubt, pending.intent_ms, pending.expires_ms
		FROM pending {rows} WHERE pending.message_id = :message_id ORDER BY pending.message_id, pending.seg {lock pending}`, "message_id bigint")

	insertReceipt = db.Rows(`INSERT INTO receipt (id, carrier_id, ref, recipient, sender, status, error_code, received_ms)
		SELECT :id, :carrier_id, :ref, :recipient, :sender, :status, :error_code, :received_ms {rows}`,
		"id bigint", "carrier_id bigint", "ref text", "recipient text", "sender text", "status bigint", "error_code text", "received_ms bigint")

	deleteReceipt = db.Rows(`DELETE FROM receipt {rows} WHERE receipt.id = :id`, "id bigint")
)

func (d *Delivery) insertQueue(tx *db.Tx, batch []*message.Outgoing) error {
	return tx.Each(insertQueue, len(batch), func(i int, args []any) {
		m, epoch := batch[i].Message, int64(0)
		if batch[i].Slot.(*plan).held {
			epoch = d.Node.Epoch()
		}
		args[0], args[1], args[2] = m.ID, int64(class(m)), m.AccountID
		args[3], args[4], args[5] = max(m.CreatedMs, m.DeferredMs), m.ExpiresMs, epoch
	})
}

func (d *Delivery) insertPending(tx *db.Tx, segments []*segment) error {
	return tx.Each(insertPending, len(segments), func(i int, args []any) {
		s := segments[i]
		args[0], args[1], args[2], args[3] = s.msg.ID, int64(s.num), int64(s.msg.SegNum), s.on.id
		args[4], args[5], args[6] = s.msg.Recipient, s.msg.Sender, s.attempt
		args[7], args[8], args[9] = d.Node.Epoch(), s.startMs, s.msg.ExpiresMs
	})
}

// ids collects one column of ids.
func ids(into *[]int64) func(db.Row) error {
	return func(rows db.Row) error {
		var id int64
		err := rows.Scan(&id)
		*into = append(*into, id)
		return err
	}
}
