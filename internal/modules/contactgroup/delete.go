package contactgroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type deleteParams struct {
	IDs []int64 `param:"id,required,max=100" doc:"Id of the group, or several."`
}

var deleteGroup = db.Rows(`UPDATE contact_group SET deleted_ms = :now {rows}
	WHERE contact_group.id = :id AND contact_group.account_id = :account_id AND contact_group.deleted_ms IS NULL RETURNING :place`,
	"id bigint", "account_id bigint", "now bigint")

// delete answers code 0 even where nothing was deleted (contract §7).
func (m *Module) delete(ctx context.Context, c *api.Call, p *deleteParams) (any, error) {
	var answer api.Processed
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		done := map[int64]bool{}
		err := tx.EachTouched(deleteGroup, len(p.IDs), func(i int, args []any) {
			args[0], args[1], args[2] = p.IDs[i], c.Account.ID, tx.Now()
		}, func(i int) { done[p.IDs[i]] = true })
		answer = api.NewProcessed(p.IDs, func(id int64) bool { return done[id] })
		return errors.Join(err, once.Keep(tx, c, answer))
	})
	if err != nil {
		return nil, fmt.Errorf("delete contact groups: %w", err)
	}
	return answer, nil
}
