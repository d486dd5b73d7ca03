package contactgroup

import (
	"context"
	"errors"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type createParams struct {
	Data groupData `param:"data,required,entity" doc:"The group."`
}

type groupData struct {
	Name string `param:"name,required,max=255" doc:"Its name, which no other group of the account has, whatever the case of its letters."`
}

// create answers the new group's id.
func (m *Module) create(ctx context.Context, c *api.Call, p *createParams) (any, error) {
	id, err := m.db.NextID(ctx, IDs)
	if err != nil {
		return nil, err
	}
	answer := strconv.FormatInt(id, 10)
	err = m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO contact_group (id, account_id, name, name_folded, created_ms) VALUES ($1, $2, $3, $4, $5)`,
			id, c.Account.ID, p.Data.Name, fold(p.Data.Name), tx.Now())
		return errors.Join(err, once.Keep(tx, c, answer))
	})
	if err != nil {
		return nil, nameTaken("create a contact group", err)
	}
	return answer, nil
}
