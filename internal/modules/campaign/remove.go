package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// removeAll removes a campaign's recipients and their messages in chunks, as if they
// had never been added; write runs a chunk in a transaction of somebody who holds the
// campaign.
func (m *Module) removeAll(ctx context.Context, b *Bulk, write func(chunk func(*db.Tx) error) error) error {
	for removed := addChunk; removed == addChunk; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := write(func(tx *db.Tx) (err error) {
			removed, err = m.removeSome(tx, b)
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

func (m *Module) removeSome(tx *db.Tx, b *Bulk) (removed int, err error) {
	all, err := m.Messages.OfCampaign(tx, b.ID, 0, addChunk)
	if err != nil {
		return 0, err
	}
	if err := tx.Each(deleteRecipient, len(all), func(i int, args []any) { args[0], args[1] = b.ID, numberOf(all[i].Recipient) }); err != nil {
		return 0, err
	}
	if err := m.Messages.Remove(tx, b.AccountID, idsOf(all)); err != nil {
		return 0, err
	}
	return len(all), tally(tx, b.ID, all, -1)
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
