package contactcard

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type getGroupsParams struct {
	ID int64 `param:"id,required" doc:"Id of the contact."`
}

func (m *Module) getGroups(ctx context.Context, c *api.Call, p *getGroupsParams) (any, error) {
	var groups []groupName
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		found, err := find(q, c.Account.ID, p.ID)
		if err != nil {
			return err
		}
		names, err := groupNames(q, []*card{found})
		groups = names[found.id]
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("groups of contact %d: %w", p.ID, err)
	}
	return groups, nil
}
