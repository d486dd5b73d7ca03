package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

// The migrations are one text for both engines. What must differ stands in braces:
// see migrationWords.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrate brings the schema up to date and returns the names of the migrations
// it applied, oldest first.
func (d *DB) Migrate(ctx context.Context) ([]string, error) {
	provider, err := d.migrations()
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate %s: %w", d.dialect, d.dialect.wrap(err))
	}
	var applied []string
	for _, r := range results {
		applied = append(applied, path.Base(r.Source.Path))
	}
	return applied, nil
}

// CheckSchema fails with ErrOldSchema when migrations wait to be applied.
func (d *DB) CheckSchema(ctx context.Context) error {
	provider, err := d.migrations()
	if err != nil {
		return err
	}
	pending, err := provider.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", d.dialect.wrap(err))
	}
	if pending {
		return fmt.Errorf("%w: run `heliograph migrate`", ErrOldSchema)
	}
	return nil
}

func (d *DB) migrations() (*goose.Provider, error) {
	files, err := migrationsFor(migrationFiles, d.Engine)
	if err != nil {
		return nil, err
	}
	engine := goose.DialectSQLite3
	if d.Engine == "postgres" {
		engine = goose.DialectPostgres
	}
	return goose.NewProvider(engine, d.write, files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// migrationWords are what the engines call differently:
//
//	{key}          an integer primary key; in SQLite it is the row's own id
//	{clustered}    rows are kept in the order of the primary key
//	{partitioned}  the table is cut by ranges of id
//	{bytewise}     texts sort by their bytes, as SQLite's do
var migrationWords = map[string][]string{
	"sqlite":   {"{key}", "INTEGER PRIMARY KEY", "{clustered}", "WITHOUT ROWID", "{partitioned}", "", "{bytewise}", ""},
	"postgres": {"{key}", "BIGINT PRIMARY KEY", "{clustered}", "", "{partitioned}", "PARTITION BY RANGE (id)", "{bytewise}", `COLLATE "C"`},
}

// migrationsFor gives the texts in the words of one engine.
func migrationsFor(all fs.FS, engine string) (fs.FS, error) {
	names, err := fs.Glob(all, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	words := strings.NewReplacer(migrationWords[engine]...)
	said := fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(all, name)
		if err != nil {
			return nil, err
		}
		said[path.Base(name)] = &fstest.MapFile{Data: []byte(words.Replace(string(text)))}
	}
	return said, nil
}
