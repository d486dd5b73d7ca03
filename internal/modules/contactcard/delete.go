package contactcard

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type deleteParams struct {
	ID int64 `param:"id,required" doc:"Id of the contact."`
}

// delete leaves nothing of the card.
func (m *Module) delete(ctx context.Context, c *api.Call, p *deleteParams) (any, error) {
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := lock(tx, c.Account.ID); err != nil {
			return err
		}
		card, err := find(tx, c.Account.ID, p.ID)
		if err != nil {
			return err
		}
		if err := m.regroup(tx, card, nil); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM contact_card WHERE id = $1`, card.id)
		return errors.Join(err, removePhoto(tx, card.id), totals{cards: -1, alone: -1}.add(tx, card.accountID), once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, fmt.Errorf("delete contact %d: %w", p.ID, err)
	}
	return true, nil
}
