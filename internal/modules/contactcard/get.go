package contactcard

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type getParams struct {
	ID int64 `param:"id,required" doc:"Id of the contact."`
}

// get answers a card with its photo, which lists leave out.
func (m *Module) get(ctx context.Context, c *api.Call, p *getParams) (any, error) {
	var answer object
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		found, err := find(q, c.Account.ID, p.ID)
		if err != nil {
			return err
		}
		objects, err := m.objects(q, []*card{found})
		if err != nil {
			return err
		}
		answer = objects[0]
		photo, err := findPhoto(q, found.id)
		switch {
		case err == nil:
			answer.Fields.Photo = photo.url()
		case !errors.Is(err, db.ErrNotFound):
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("contact %d: %w", p.ID, err)
	}
	return answer, nil
}
