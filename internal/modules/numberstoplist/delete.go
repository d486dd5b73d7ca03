package numberstoplist

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type deleteParams struct {
	ID int64 `param:"id,required" doc:"Id of the entry."`
}

// delete answers true. Entries for all accounts are nobody's to delete but the operator's.
func (m *Module) delete(ctx context.Context, c *api.Call, p *deleteParams) (any, error) {
	err := m.remove(ctx, c.Account.ID, func(tx *db.Tx) error { return once.Keep(tx, c, true) }, "id = $2", p.ID)
	switch {
	case errors.Is(err, ErrNone):
		return nil, api.NotFound()
	case err != nil:
		return nil, fmt.Errorf("delete entry %d of the stop list: %w", p.ID, err)
	}
	return true, nil
}
