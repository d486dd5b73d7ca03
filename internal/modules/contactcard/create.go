package contactcard

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type createParams struct {
	api.Validation
	Data cardData `param:"data,required,entity" doc:"The contact."`
}

// create answers the new card's id.
func (m *Module) create(ctx context.Context, c *api.Call, p *createParams) (any, error) {
	fresh := &card{accountID: c.Account.ID, values: values{}}
	fresh.values.change(p.Data.changes(&p.Validation))
	photo, err := readPhoto(&p.Validation, p.Data.Photo.Tree)
	if err != nil {
		return nil, err
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	if fresh.id, err = m.DB.NextID(ctx, IDs); err != nil {
		return nil, err
	}
	answer := strconv.FormatInt(fresh.id, 10)
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		fresh.createdMs = tx.Now()
		return errors.Join(
			totals{cards: 1, alone: 1}.add(tx, fresh.accountID),
			insert(tx, []*card{fresh}, 0),
			photo.store(tx, fresh.id),
			once.Keep(tx, c, answer))
	})
	if err != nil {
		return nil, fmt.Errorf("create a contact: %w", err)
	}
	return answer, nil
}
