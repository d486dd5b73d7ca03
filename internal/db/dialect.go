package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// dialect is what truly differs between the engines; everything else is one text.
type dialect interface {
	fmt.Stringer // where the database is, without its password
	name() string
	// open gives the pool for writing and the pool for reading.
	open(ctx context.Context, readDeadline time.Duration) (write, read *sql.DB, err error)
	// takeExclusive makes this process the only serving one on its file.
	takeExclusive() (release func() error, err error)
	// durability reports the settings that matter, or which of them is wrong.
	durability(ctx context.Context, write *sql.DB) (string, error)
	// writers is how many transactions may commit side by side.
	writers() int
	// pipelined tells whether a writer sends statements together.
	pipelined() bool
	// readers is how many reads may run side by side.
	readers() int
	// begin is the statement that opens a writing transaction.
	begin() string
	// view is the statement that opens a reading transaction, which sees one moment.
	view() string
	// kept tells what became of a transaction; known is false while it is under way.
	kept(q querier, id string) (kept, known bool, err error)
	// bind turns the house's $n into the engine's own placeholders.
	bind(text string) string
	// each runs a row statement for n rows; fill sets the arguments of row i.
	// When scan is set it is called for each row that RETURNING gives.
	each(q querier, stmt *RowStatement, n int, fill func(i int, args []any), scan func(Row) error) error
	// eachTouched runs a counted row statement and tells which rows it touched.
	eachTouched(q querier, stmt *RowStatement, n int, fill func(i int, args []any), touched func(i int)) error
	// skipLocked is the clause that lets claimers pass by each other's rows.
	skipLocked() string
	// wrap marks errors by their number: ErrUnavailable, ErrConflict.
	wrap(err error) error
	// extend makes room in a table that is partitioned by id, up to id.
	extend(tx *Tx, table string, id int64) error
	// maintain does the engine's housekeeping between two transactions.
	maintain(ctx context.Context, d *DB) error
}

func dialectFor(url string) (dialect, error) {
	scheme, rest, found := strings.Cut(url, ":")
	switch {
	case found && scheme == "sqlite":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			return nil, fmt.Errorf("database url %q names no file: write sqlite:/path/to/heliograph.db", url)
		}
		return &sqlite{path: path}, nil
	case found && (scheme == "postgres" || scheme == "postgresql"):
		return newPostgres(url)
	default:
		return nil, fmt.Errorf("database url must begin with sqlite: or postgres://, not %q", scheme)
	}
}
