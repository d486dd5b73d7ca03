package db

import (
	"context"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

// Maintenance is the service that does the engine's housekeeping beside the
// writer, so that no caller's commit has to.
func (d *DB) Maintenance() run.Service {
	return run.NewLoop("maintenance", time.Second, d.log, func(ctx context.Context) error {
		return d.dialect.maintain(ctx, d)
	})
}
