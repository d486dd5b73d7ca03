package campaign

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// startFile looks into a file and has a task add what it names.
func (m *Module) startFile(ctx context.Context, c *api.Call, b *Bulk, p *addParams) (any, error) {
	args, err := p.fileArgs(b)
	if err != nil {
		return nil, err
	}
	file, err := p.RecipientsFile.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := args.look(file); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return m.start(ctx, c, b, taskFile, args, p.groups(b, nil), func(task int64) error { return m.Tasks.Store(ctx, task, file) })
}

// fileStep is how far the import of a file is.
type fileStep struct {
	Cleared bool // what was there before is gone, where it had to go
	Rows    int  // of the file that have been added
	All     int  // that it has
}

// addFromFile is the worker: it reads the whole file once, so that one that is damaged
// anywhere adds nothing, and then adds row by row from where the last step ended.
func (m *Module) addFromFile(ctx context.Context, task *tasks.Task) error {
	var args fileArgs
	if err := task.Args(&args); err != nil {
		return err
	}
	w, err := m.newWork(ctx, task, args.CampaignID, args.Missing)
	if err != nil {
		return err
	}
	file, err := task.File(ctx)
	if err != nil {
		return err
	}
	var step fileStep
	if begun, err := task.Step(&step); err != nil {
		return err
	} else if !begun {
		if step.All, err = args.count(ctx, file); err != nil {
			return w.reject(ctx, err)
		}
	}
	if args.Replace && !step.Cleared {
		if err := w.clear(ctx, &step); err != nil {
			return err
		}
	}
	return w.addRows(ctx, &args, file, &step)
}

func (w *work) addRows(ctx context.Context, args *fileArgs, file *os.File, step *fileStep) error {
	reader, err := args.open(file)
	if err != nil {
		return err
	}
	defer reader.Close()
	cols, err := args.columns(reader)
	if err != nil {
		return err
	}
	for range step.Rows {
		if _, err := reader.Next(); err != nil {
			return fmt.Errorf("row %d, which was added before: %w", reader.Row(), err)
		}
	}
	for {
		chunk, err := readChunk(reader, cols, w.atOnce())
		if err != nil {
			return err
		}
		if len(chunk) == 0 {
			return w.finish(ctx)
		}
		err = w.add(ctx, chunk, step, func(added []*recipient) (progress int) {
			step.Rows += len(added)
			return step.Rows * 99 / max(1, step.All)
		})
		if err != nil {
			return err
		}
	}
}
