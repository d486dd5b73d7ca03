// Package taskqueue is the API module "taskQueue": how far an account's background tasks
// are (contract §6).
package taskqueue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// Module is safe for concurrent use.
type Module struct {
	tasks *tasks.Tasks
	asked pacer
}

// askEvery is how often a task's status may be asked for, on each node: a share of that
// would refuse who keeps to it and asks one node.
const askEvery = time.Second

// New makes the module.
func New(t *tasks.Tasks) *Module { return &Module{tasks: t, asked: newPacer(askEvery)} }

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "taskQueue",
		Doc:  "Operations that go on in the background after their call was answered with code 100.",
		Methods: []api.Method{
			api.Define("getStatus", "Tells how far a task is; it may be asked once a second.", m.getStatus,
				api.Returns[status]("How far the task is.")),
		},
	}
}

type getStatusParams struct {
	ID int64 `param:"id,required" doc:"Id of the task, as code 100 gave it."`
}

type status struct {
	Progress int          `json:"progress" doc:"How much of it is done, in percent."`
	Status   tasks.Status `json:"status" doc:"0 = waiting, 1 = running, 2 = done, 3 = rejected."`
}

func (m *Module) getStatus(ctx context.Context, c *api.Call, p *getStatusParams) (any, error) {
	progress, state, err := m.tasks.Status(ctx, c.Account.ID, p.ID)
	if errors.Is(err, db.ErrNotFound) {
		return nil, api.NotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("taskQueue/getStatus: %w", err)
	}
	if wait := m.asked.take(p.ID, c.Now); wait > 0 {
		return nil, api.RateLimited(wait)
	}
	return status{progress, state}, nil
}
