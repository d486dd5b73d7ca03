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

// The migrations: NNN_name.sql is one text for both engines; where they must
// differ there are two, NNN_name.sqlite.sql and NNN_name.postgres.sql.
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

// migrationsFor picks the texts of one engine.
func migrationsFor(all fs.FS, engine string) (fs.FS, error) {
	names, err := fs.Glob(all, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	picked := fstest.MapFS{}
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".sql")
		stem, only, differs := strings.Cut(base, ".")
		if differs && only != engine {
			continue
		}
		text, err := fs.ReadFile(all, name)
		if err != nil {
			return nil, err
		}
		picked[stem+".sql"] = &fstest.MapFile{Data: text}
	}
	return picked, nil
}
