package link

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type deleteParams struct {
	IDs []int64 `param:"ids,required,max=100" doc:"Ids of the links."`
}

var deleteLink = db.Rows(`UPDATE short_link SET deleted_ms = :now {rows}
	WHERE short_link.account_id = :account_id AND short_link.id = :id AND short_link.deleted_ms IS NULL RETURNING :place`,
	"account_id bigint", "id bigint", "now bigint")

// delete keeps the rows: their clicks can still be asked for.
func (m *Module) delete(ctx context.Context, c *api.Call, p *deleteParams) (any, error) {
	var answer any
	err := m.change(ctx, func(tx *db.Tx) error {
		done := map[int64]bool{}
		err := tx.EachTouched(deleteLink, len(p.IDs), func(i int, args []any) {
			args[0], args[1], args[2] = c.Account.ID, p.IDs[i], tx.Now()
		}, func(i int) { done[p.IDs[i]] = true })
		answer = api.NewProcessed(p.IDs, func(id int64) bool { return done[id] }).Answer()
		return errors.Join(err, once.Keep(tx, c, answer))
	})
	if err != nil {
		return nil, fmt.Errorf("delete links: %w", err)
	}
	return answer, nil
}

var selectDeleted = db.Rows(`SELECT short_link.id FROM short_link {rows} WHERE short_link.id = :id AND short_link.deleted_ms IS NOT NULL`, "id bigint")

// EachDeleted calls found for those of links that are deleted.
func (m *Module) EachDeleted(q *db.Reader, ids []int64, found func(id int64)) error {
	return q.Each(selectDeleted, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(row db.Row) error {
		var id int64
		err := row.Scan(&id)
		if err == nil {
			found(id)
		}
		return err
	})
}
