package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type deleteParams struct {
	IDs []int64 `param:"ids,required,max=100" doc:"Ids of the webhooks."`
}

var deleteWebhook = db.Rows(`UPDATE webhook SET deleted_ms = :now, secret = '' {rows}
	WHERE webhook.account_id = :account_id AND webhook.id = :id AND webhook.deleted_ms IS NULL RETURNING :place`,
	"account_id bigint", "id bigint", "now bigint")

// delete keeps the rows: what was told is still listed. What waits is given up.
func (m *Module) delete(ctx context.Context, c *api.Call, p *deleteParams) (any, error) {
	var answer any
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		done := map[int64]bool{}
		err := tx.EachTouched(deleteWebhook, len(p.IDs), func(i int, args []any) {
			args[0], args[1], args[2] = c.Account.ID, p.IDs[i], tx.Now()
		}, func(i int) { done[p.IDs[i]] = true })
		answer = api.NewProcessed(p.IDs, func(id int64) bool { return done[id] }).Answer()
		return errors.Join(err, tx.Touch(Topic), once.Keep(tx, c, answer))
	})
	if err != nil {
		return nil, fmt.Errorf("delete webhooks: %w", err)
	}
	m.Refresh(ctx)
	return answer, nil
}
