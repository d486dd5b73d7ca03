package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// removeAll removes a campaign's recipients, their messages and their links' codes in
// chunks, as if they had never been added; write runs a chunk in a transaction of
// somebody who holds the campaign.
func (m *Module) removeAll(ctx context.Context, b *Bulk, write func(chunk func(*db.Tx) error) error) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := write(func(tx *db.Tx) (err error) {
			more, err = m.removeSome(tx, b)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove the recipients of campaign %d: %w", b.ID, err)
		}
	}
	return write(func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE campaign SET rejected = 0, first_id = NULL WHERE id = $1`, b.ID)
		if err == nil {
			_, err = tx.Exec(`DELETE FROM campaign_part WHERE campaign_id = $1`, b.ID)
		}
		return err
	})
}

var deleteRecipient = db.Rows(`DELETE FROM campaign_recipient {rows}
	WHERE campaign_recipient.campaign_id = :campaign_id AND campaign_recipient.number = :number`, "campaign_id bigint", "number bigint")

// removeSome removes what one transaction may; more = some are left.
func (m *Module) removeSome(tx *db.Tx, b *Bulk) (more bool, err error) {
	found, err := m.Messages.OfCampaign(tx, b.ID, 0, addChunk)
	if err != nil {
		return false, err
	}
	codes, err := link.CountPersonal(tx, idsOf(found))
	if err != nil {
		return false, err
	}
	some := removedAtOnce(found, codes)
	if err := tx.Each(deleteRecipient, len(some), func(i int, args []any) { args[0], args[1] = b.ID, numberOf(some[i].Recipient) }); err != nil {
		return false, err
	}
	if err := link.RemovePersonal(tx, idsOf(some)); err != nil {
		return false, err
	}
	if err := m.Messages.Remove(tx, b.AccountID, idsOf(some)); err != nil {
		return false, err
	}
	return len(found) == addChunk || len(some) < len(found), tallyRemoved(tx, b.ID, some)
}

// removedAtOnce are the first of messages, as many as one transaction removes with their
// codes.
func removedAtOnce(all []*message.Message, codes map[int64]int) []*message.Message {
	rows := 0
	for i, msg := range all {
		if rows += rowsOfOne + codes[msg.ID]; rows > rowsMost && i > 0 {
			return all[:i]
		}
	}
	return all
}

func idsOf(all []*message.Message) []int64 {
	ids := make([]int64, len(all))
	for i, msg := range all {
		ids[i] = msg.ID
	}
	return ids
}

// clearArgs name a campaign that was deleted.
type clearArgs struct{ CampaignID int64 }

// clear is the worker that removes what a deleted campaign held.
func (m *Module) clear(ctx context.Context, task *tasks.Task) error {
	var args clearArgs
	if err := task.Args(&args); err != nil {
		return err
	}
	b := &Bulk{ID: args.CampaignID, AccountID: task.AccountID}
	err := m.removeAll(ctx, b, func(chunk func(*db.Tx) error) error { return task.Advance(ctx, args, 0, chunk) })
	if err != nil {
		return err
	}
	return task.Finish(ctx, func(*db.Tx) error { return nil })
}
