package contactgroup

import (
	"context"
	"errors"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type updateParams struct {
	api.Validation
	ID   int64     `param:"id,required" doc:"Id of the group."`
	Data groupData `param:"data,required,entity" doc:"What is to change."`
}

func (m *Module) update(ctx context.Context, c *api.Call, p *updateParams) (any, error) {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		var known int64
		err := tx.One(`SELECT count(*) FROM contact_group WHERE id = $1 AND account_id = $2 AND deleted_ms IS NULL`,
			[]any{p.ID, c.Account.ID}, &known)
		switch {
		case err != nil:
			return err
		case known == 0:
			return api.NotFound()
		case p.Err() != nil:
			return p.Err()
		}
		_, err = tx.Exec(`UPDATE contact_group SET name = $3, name_folded = $4 WHERE id = $1 AND account_id = $2 AND deleted_ms IS NULL`,
			p.ID, c.Account.ID, p.Data.Name, fold(p.Data.Name))
		return errors.Join(err, once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, nameTaken("rename a contact group", err)
	}
	return true, nil
}
