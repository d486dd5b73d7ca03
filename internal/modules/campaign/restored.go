package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// PauseUnsent keeps a restored copy of the database from sending what its original has
// sent since: campaigns that were being sent, or were to be by now, are paused. Their
// owners resume or cancel them. No server may be running.
func (m *Module) PauseUnsent(ctx context.Context) (paused int, err error) {
	err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE campaign SET paused = 1 WHERE state IN (3, 4) AND due_ms <= $1 AND paused = 0`, tx.Now())
		paused = int(n)
		return err
	})
	if err == nil {
		err = m.foldAll(ctx, m.Node.Epoch()) // what this process, no node, has settled
	}
	if err != nil {
		return 0, fmt.Errorf("pause campaigns: %w", err)
	}
	return paused, nil
}
