package contactcard

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type setGroupsParams struct {
	ID       int64   `param:"id,required" doc:"Id of the contact."`
	GroupIDs []int64 `param:"groupIds,max=100" doc:"Ids of the groups it is to be in; absent = in none."`
}

func (m *Module) setGroups(ctx context.Context, c *api.Call, p *setGroupsParams) (any, error) {
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := lock(tx, c.Account.ID); err != nil {
			return err
		}
		card, err := find(tx, c.Account.ID, p.ID)
		if err != nil {
			return err
		}
		return errors.Join(m.regroup(tx, card, p.GroupIDs), once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, fmt.Errorf("set the groups of contact %d: %w", p.ID, err)
	}
	return true, nil
}
