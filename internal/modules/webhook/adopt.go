package webhook

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
)

// selectHeld are a dead node's rows, webhook by webhook.
const selectHeld = `WITH RECURSIVE turn(webhook_id) AS (
			SELECT min(webhook_id) FROM webhook_delivery WHERE state = 0
			UNION ALL
			SELECT (SELECT min(d.webhook_id) FROM webhook_delivery d WHERE d.state = 0 AND d.webhook_id > turn.webhook_id)
			FROM turn WHERE turn.webhook_id IS NOT NULL)
		SELECT d.account_id, d.event_id, d.webhook_id, d.attempts, d.tries FROM turn
		JOIN webhook_delivery d ON d.state = 0 AND d.webhook_id = turn.webhook_id AND d.epoch = $1 LIMIT $2`

// Adopt takes what a dead node had in memory. Each of those events may have been
// posted, so the attempt counts as one that was interrupted.
func (m *Module) Adopt(ctx context.Context, epoch int64) error {
	for {
		held, err := m.heldBy(ctx, epoch)
		if err == nil && len(held) > 0 {
			err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) error { return writeOthers(tx, held) })
		}
		if err != nil {
			return fmt.Errorf("adopt the webhook events of node %d: %w", epoch, err)
		}
		if len(held) == 0 {
			m.deliverer.Wake()
			return nil
		}
	}
}

// heldBy reads a chunk of a dead node's events, as what becomes of them.
func (m *Module) heldBy(ctx context.Context, epoch int64) (held []*outcome, err error) {
	now := m.DB.Now()
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(selectHeld, func(rows db.Row) error {
			e := &delivery{epoch: epoch}
			err := rows.Scan(&e.AccountID, &e.ID, &e.webhookID, &e.attempts, &e.tries)
			o := &outcome{delivery: e, beganMs: now, result: post.Result{Problem: post.Interrupted}}
			o.judge(now)
			held = append(held, o)
			return err
		}, epoch, claimMost)
	})
	return held, err
}
