package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Topic is touched when a campaign is paused, resumed or cancelled.
const Topic = "campaign"

// stopped are the campaigns of which nothing may be sent now: paused or cancelled.
type stopped map[int64]bool

// Stopped tells from memory whether a message's campaign is paused or cancelled.
func (m *Module) Stopped(campaignID int64) bool { return (*m.Get())[campaignID] }

func (m *Module) loadStopped(ctx context.Context) (*stopped, error) {
	all := stopped{}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id FROM campaign WHERE (paused = 1 OR cancelled_ms IS NOT NULL) AND state <> $1`, func(row db.Row) error {
			var id int64
			err := row.Scan(&id)
			all[id] = true
			return err
		}, int64(Done))
	})
	if err != nil {
		return nil, fmt.Errorf("read the campaigns that are stopped: %w", err)
	}
	return &all, nil
}
