package contactgroup

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// noGroup asks for the cards that are in no group.
const noGroup = -1

type countParams struct {
	ID int64 `param:"id,required" doc:"Id of the group; -1 = contacts in no group."`
}

// getCardsCount reads what is counted as cards come and go.
func (m *Module) getCardsCount(ctx context.Context, c *api.Call, p *countParams) (any, error) {
	text, args := `SELECT cards FROM contact_group WHERE id = $2 AND account_id = $1 AND deleted_ms IS NULL`, []any{c.Account.ID, p.ID}
	if p.ID == noGroup {
		text, args = `SELECT coalesce(sum(alone), 0) FROM v_contact_total WHERE account_id = $1`, args[:1]
	}
	var count int64
	err := m.db.Read(ctx, func(q *db.Reader) error { return q.One(text, args, &count) })
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil, api.NotFound()
	case err != nil:
		return nil, fmt.Errorf("count the cards of group %d: %w", p.ID, err)
	}
	return strconv.FormatInt(count, 10), nil
}
