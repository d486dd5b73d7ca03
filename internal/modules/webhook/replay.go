package webhook

import (
	"context"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type replayParams struct {
	EventIDs []int64 `param:"eventIds,required,max=100" doc:"Ids of the events; each is told again to all webhooks it was for."`
}

// Of an account's event; those of a webhook that was deleted stay as they are.
const (
	ofEvent = ` account_id = $1 AND event_id = $2
		AND EXISTS (SELECT 1 FROM webhook WHERE webhook.id = webhook_delivery.webhook_id AND webhook.deleted_ms IS NULL)`

	// keepSuccess puts the attempt that succeeded to the others: the row is for what
	// comes now.
	keepSuccess = `INSERT INTO webhook_attempt (account_id, event_id, webhook_id, attempt, attempted_ms, http_status, duration_ms, problem)
		SELECT account_id, event_id, webhook_id, attempts, attempted_ms, http_status, duration_ms, ''
		FROM webhook_delivery WHERE state = 1 AND` + ofEvent

	// askAgain leaves alone what is being posted, or is about to be.
	askAgain = `UPDATE webhook_delivery SET state = 0, tries = 0, due_ms = $3 WHERE epoch = 0 AND` + ofEvent

	countOfEvent = `SELECT count(*) FROM webhook_delivery WHERE` + ofEvent
)

// replay tells events again, with the next attempt numbers and ten tries. An event
// that is not the account's, or whose webhooks are all gone, is not processed.
func (m *Module) replay(ctx context.Context, c *api.Call, p *replayParams) (any, error) {
	var answer any
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		known := map[int64]bool{}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(p.EventIDs))) {
			found, err := replayOne(tx, c.Account.ID, id)
			if err != nil {
				return err
			}
			known[id] = found
		}
		answer = api.NewProcessed(p.EventIDs, func(id int64) bool { return known[id] }).Answer()
		return once.Keep(tx, c, answer)
	})
	if err != nil {
		return nil, fmt.Errorf("replay events: %w", err)
	}
	m.deliverer.Wake()
	return answer, nil
}

func replayOne(tx *db.Tx, account, event int64) (found bool, err error) {
	if _, err := tx.Exec(keepSuccess, account, event); err != nil {
		return false, err
	}
	if _, err := tx.Exec(askAgain, account, event, tx.Now()); err != nil {
		return false, err
	}
	var n int
	err = tx.One(countOfEvent, []any{account, event}, &n)
	return n > 0, err
}
