package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// admin is what all commands of administration take. They work straight on the
// database, beside a server or without one.
type admin struct {
	Config   string `placeholder:"FILE" xor:"where" help:"The server's configuration file."`
	Database string `placeholder:"URL" xor:"where" help:"The database: sqlite:/path/to/file.db or postgres://…"`
	JSON     bool   `name:"json" help:"Print JSON, for scripts."`
}

// office is an open database with the modules that administer it.
type office struct {
	db         *db.DB
	users      *user.Module
	senders    *alphaname.Module
	prices     *price.Module
	moderation *moderation.Module
	stops      *numberstoplist.Module
	links      *link.Module
}

// work runs fn on a database whose schema is up to date, by the clock that its server goes
// by: dev's may be ahead.
func (a *admin) work(ctx context.Context, fn func(o *office) error) error {
	c, err := a.configuration()
	if err != nil {
		return err
	}
	if err := mustExist(c.Database.URL); err != nil {
		return err
	}
	clock := &db.TestClock{} // the machine's, unless enabled
	return openByClock(ctx, c.Database.URL, clock.Now, func(d *db.DB) error {
		if err := d.CheckSchema(ctx); err != nil {
			return err
		}
		_, err := db.TestClockAhead(ctx, d)
		if err == nil {
			err = clock.Enable(ctx, d)
		}
		if err != nil && !errors.Is(err, db.ErrNoTestClock) {
			return err
		}
		return fn(newOffice(d))
	})
}

// configuration is that of --config, or an empty one with the URL of --database.
func (a *admin) configuration() (*config.Config, error) {
	environ := os.Environ()
	if a.Database != "" {
		environ = nil // said on the spot, nothing else counts
	}
	c, err := config.Load(a.Config, environ)
	if err != nil {
		return nil, err
	}
	if a.Database != "" {
		c.Database.URL = a.Database
	}
	if c.Database.URL == "" {
		return nil, errors.New("which database? Say --config FILE or --database URL")
	}
	return c, nil
}

func openDatabase(ctx context.Context, url string, fn func(d *db.DB) error) error {
	return openByClock(ctx, url, time.Now, fn)
}

func openByClock(ctx context.Context, url string, clock func() time.Time, fn func(d *db.DB) error) error {
	d, err := db.Open(ctx, url, db.Options{Logger: quiet(), Clock: clock})
	if err != nil {
		return err
	}
	return errors.Join(fn(d), d.Close())
}

// quiet is the logger of commands: what matters comes back as an error.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newOffice makes the modules. Nothing is started: commands use no caches.
func newOffice(d *db.DB) *office {
	w, log := db.NewWatcher(d), quiet()
	return &office{db: d, users: user.New(d, w, log), senders: alphaname.New(d, w, log), prices: price.New(d, w, log),
		moderation: moderation.New(d, w, log), stops: numberstoplist.New(numberstoplist.Config{DB: d, Watcher: w, Logger: log}),
		links: link.New(link.Config{DB: d, Watcher: w, Logger: log})}
}

// mustExist fails for an SQLite file that is not there: to open it would make it.
func mustExist(url string) error {
	path, isFile := strings.CutPrefix(url, "sqlite:")
	if !isFile {
		return nil
	}
	path = strings.TrimPrefix(path, "//")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database at %s: run `heliograph migrate`", path)
	}
	return nil
}

// openInput opens a file to be read, - being standard input. The caller closes it.
func openInput(name string) (*os.File, error) {
	if name == "-" {
		return os.Stdin, nil
	}
	return os.Open(name)
}
