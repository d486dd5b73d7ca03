package client

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The statuses of a task.
const (
	TaskWaiting  Int = 0
	TaskRunning  Int = 1
	TaskDone     Int = 2
	TaskRejected Int = 3
)

// ErrTaskRejected says that a task ended without doing what it was for.
var ErrTaskRejected = errors.New("the task was rejected")

// askEvery is how often a task may be asked for.
const askEvery = time.Second

// Wait waits until a task has ended, asking once a second. An id of 0 is that of an Outcome
// which was done at once. Errors are ErrTaskRejected, those of GetStatus and the context's.
func (m TaskQueueMethods) Wait(ctx context.Context, id Int) error {
	for id != 0 {
		status, err := m.GetStatus(ctx, TaskQueueGetStatusRequest{ID: id})
		switch {
		case err != nil:
			return err
		case status.Status == TaskDone:
			return nil
		case status.Status == TaskRejected:
			return fmt.Errorf("task %d: %w", id, ErrTaskRejected)
		}
		if !pause(ctx, askEvery) {
			<-ctx.Done() // at once, or when its deadline comes before the next time to ask
			return fmt.Errorf("task %d: %w", id, ctx.Err())
		}
	}
	return nil
}
