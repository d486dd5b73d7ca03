package user

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// closed are the accounts that are not usable.
type closed map[int64]Status

// Standing tells how an account stands, from memory alone: once the module is
// started it follows changes by any process within a second. An account that it
// knows nothing of is usable.
func (m *Module) Standing(id int64) Status { return (*m.closed.Get())[id] }

func (m *Module) loadClosed(ctx context.Context) (*closed, error) {
	all := closed{}
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, status FROM account WHERE status <> $1`, func(rows db.Row) error {
			var id int64
			var status Status
			err := rows.Scan(&id, &status)
			all[id] = status
			return err
		}, int64(Usable))
	})
	if err != nil {
		return nil, fmt.Errorf("read the closed accounts: %w", err)
	}
	return &all, nil
}
