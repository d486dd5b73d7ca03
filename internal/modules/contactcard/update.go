package contactcard

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type updateParams struct {
	api.Validation
	ID   int64    `param:"id,required" doc:"Id of the contact."`
	Data cardData `param:"data,required,entity" doc:"What is to change."`
}

func (m *Module) update(ctx context.Context, c *api.Call, p *updateParams) (any, error) {
	changes := p.Data.changes(&p.Validation)
	photo, err := readPhoto(&p.Validation, p.Data.Photo.Tree)
	if err != nil {
		return nil, err
	}
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := lock(tx, c.Account.ID); err != nil {
			return err
		}
		card, err := find(tx, c.Account.ID, p.ID)
		if err != nil {
			return err
		}
		if err := p.Err(); err != nil {
			return err
		}
		card.values.change(changes)
		return errors.Join(card.store(tx), photo.store(tx, card.id), once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, fmt.Errorf("update contact %d: %w", p.ID, err)
	}
	return true, nil
}
