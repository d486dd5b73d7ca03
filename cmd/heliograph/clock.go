package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

type clockCommands struct {
	Show    clockShow    `cmd:"" help:"Show the time on the test clock."`
	Advance clockAdvance `cmd:"" help:"Move the test clock forward."`
}

// testClock is what the commands on the clock of a running dev take.
type testClock struct {
	dataDir
	JSON bool `name:"json" help:"Print JSON, for scripts."`
}

type clockShow struct{ testClock }

func (c *clockShow) Run(ctx context.Context, out *console) error {
	return c.show(ctx, out, db.TestClockAhead)
}

type clockAdvance struct {
	testClock
	By time.Duration `arg:"" help:"How far: 90s, 2h, 24h30m."`
}

func (c *clockAdvance) Run(ctx context.Context, out *console) error {
	return c.show(ctx, out, func(ctx context.Context, d *db.DB) (time.Duration, error) {
		return db.AdvanceTestClock(ctx, d, c.By)
	})
}

// show prints where the clock stands once ahead was asked.
func (c *testClock) show(ctx context.Context, out *console, ahead func(context.Context, *db.DB) (time.Duration, error)) error {
	dir, err := c.path()
	if err != nil {
		return err
	}
	url := "sqlite:" + filepath.Join(dir, databaseFile)
	if err := mustExist(url); err != nil {
		return fmt.Errorf("no `heliograph dev` has run in %s", dir)
	}
	return openDatabase(ctx, url, func(d *db.DB) error {
		by, err := ahead(ctx, d)
		if errors.Is(err, db.ErrNoTestClock) {
			return fmt.Errorf("%w: start it with `heliograph dev --clock`", err)
		}
		if err != nil {
			return err
		}
		now := time.Now().Add(by)
		view := struct {
			Now   string `json:"now"`
			Ahead string `json:"ahead"`
		}{now.UTC().Format(time.RFC3339), by.String()}
		return out.say(c.JSON, view, line("%s, %s ahead", now.Format("2006-01-02 15:04:05 MST"), by))
	})
}
