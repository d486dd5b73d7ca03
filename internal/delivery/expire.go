package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const expireChunk = 200

// expired tells whether a message must not be sent any more. Its row is settled
// by expire, wherever the message is held.
func (d *Delivery) expired(m *message.Message) bool { return m.ExpiresMs <= d.DB.Now() }

// expire ends what ran out of time: messages still in the queue, segments that
// could not be sent, receipts that never came; and forgets receipts nobody wanted.
func (d *Delivery) expire(ctx context.Context) error {
	return errors.Join(d.expireQueue(ctx), d.expirePending(ctx), d.forgetReceipts(ctx))
}

// expireQueue ends messages whose validity ended before any carrier got them.
func (d *Delivery) expireQueue(ctx context.Context) error {
	for {
		var due []int64
		err := d.DB.Read(ctx, func(q *db.Reader) error {
			due = nil
			return q.Query(`SELECT message_id FROM queue WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2`, ids(&due), d.DB.Now(), expireChunk)
		})
		if err != nil || len(due) == 0 {
			return err
		}
		e := &event{}
		err = d.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			e.finals, err = expireQueued(tx, d.Messages(), due)
			return err
		})
		if err != nil {
			return fmt.Errorf("expire queued messages: %w", err)
		}
		d.counts.ended(e)
	}
}

// expireQueued ends those of the messages that are still in the queue.
func expireQueued(tx *db.Tx, messages *message.Module, due []int64) (finals []message.Status, err error) {
	var changes []message.Change
	err = tx.EachTouched(dropFromQueue, len(due), func(i int, args []any) { args[0] = due[i] }, func(i int) {
		changes = append(changes, message.Change{ID: due[i], Status: message.Expired, AtMs: tx.Now()})
		finals = append(finals, message.Expired)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(changes, func(a, b message.Change) int { return cmp.Compare(a.ID, b.ID) })
	return finals, messages.Settle(tx, changes)
}

var dropFromQueue = db.Rows(`DELETE FROM queue {rows} WHERE queue.message_id = :message_id RETURNING :place`, "message_id bigint")

// due are messages about which the end of validity, or of the grace after it,
// may decide something: partly delivered, not sent or in doubt, or without a
// receipt.
const due = `SELECT DISTINCT message_id FROM pending
	WHERE message_id > $1 AND (expires_ms <= $2 OR expires_ms <= $3 AND (status >= 4 OR status = 1 AND attempt = doubt))
	ORDER BY message_id LIMIT $4`

func (d *Delivery) expirePending(ctx context.Context) error {
	for cursor := int64(0); ; {
		var chunk []int64
		now := d.DB.Now()
		err := d.DB.Read(ctx, func(q *db.Reader) error {
			chunk = nil
			return q.Query(due, ids(&chunk), cursor, now-d.ReceiptGrace.Milliseconds(), now, expireChunk)
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		events := make([]*event, len(chunk))
		for i, id := range chunk {
			events[i] = &event{overdue: id}
		}
		if err := d.writeAll(events); err != nil {
			return fmt.Errorf("expire pending messages: %w", err)
		}
		cursor = chunk[len(chunk)-1]
	}
}

func (d *Delivery) forgetReceipts(ctx context.Context) error {
	var old []int64
	err := d.DB.Read(ctx, func(q *db.Reader) error {
		old = nil
		return q.Query(`SELECT id FROM receipt WHERE received_ms < $1 ORDER BY received_ms LIMIT $2`, ids(&old), d.DB.Now()-receiptKept.Milliseconds(), expireChunk)
	})
	if err != nil || len(old) == 0 {
		return err
	}
	return d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		return tx.Each(deleteReceipt, len(old), func(i int, args []any) { args[0] = old[i] })
	})
}
