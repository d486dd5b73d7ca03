package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

type postgres struct{ config *pgx.ConnConfig }

const (
	postgresWriters = 2 // one prepares while the other's commit is synced
	postgresReaders = 6
	// partitionIDs is how many ids one partition of a table holds.
	partitionIDs = 5_000_000
)

func newPostgres(url string) (dialect, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err) // pgx leaves the password out of its message
	}
	config.RuntimeParams["application_name"] = "heliograph"
	config.RuntimeParams["timezone"] = "UTC"
	return &postgres{config}, nil
}

func (p *postgres) String() string {
	return fmt.Sprintf("postgres://%s/%s", net.JoinHostPort(p.config.Host, fmt.Sprint(p.config.Port)), p.config.Database)
}
func (p *postgres) name() string            { return "postgres" }
func (p *postgres) writers() int            { return postgresWriters }
func (p *postgres) pipelined() bool         { return true }
func (p *postgres) readers() int            { return postgresReaders }
func (p *postgres) view() string            { return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }
func (p *postgres) begin() string           { return "BEGIN" }
func (p *postgres) skipLocked() string      { return " FOR UPDATE SKIP LOCKED" }
func (p *postgres) bind(text string) string { return text }

func (p *postgres) kept(q querier, id string) (kept, known bool, err error) {
	var status string
	err = q.One("SELECT pg_xact_status(CAST(CAST($1 AS text) AS xid8))", []any{id}, &status)
	return status == "committed", status != "in progress", err
}

func (p *postgres) takeExclusive() (func() error, error) { return nil, nil } // nodes share it

func (p *postgres) open(ctx context.Context, readDeadline time.Duration) (write, read *sql.DB, err error) {
	write = stdlib.OpenDB(*p.writing())
	write.SetMaxOpenConns(postgresWriters + 1) // one more for migrations and maintenance
	if err := write.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(p.wrap(err), write.Close())
	}
	readConfig := p.config.Copy()
	readConfig.RuntimeParams["default_transaction_read_only"] = "on"
	readConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(2 * readDeadline.Milliseconds())
	read = stdlib.OpenDB(*readConfig)
	read.SetMaxOpenConns(postgresReaders)
	return write, read, nil
}

// A transaction whose client has gone without a word must not keep its locks.
const postgresIdle = "10s"

// writing is the configuration of writers. All they do is by key, for the rows of
// a batch, on tables that grow from nothing and, as the queue's, are mostly dead
// rows: planned by the statistics of another hour that would be done by reading
// them whole.
func (p *postgres) writing() *pgx.ConnConfig {
	config := p.config.Copy()
	config.RuntimeParams["idle_in_transaction_session_timeout"] = postgresIdle
	for _, way := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
		config.RuntimeParams[way] = "off"
	}
	return config
}

func (p *postgres) durability(ctx context.Context, write *sql.DB) (string, error) {
	var report []string
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := write.QueryRowContext(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
			return "", p.wrap(err)
		}
		if value == "off" {
			return "", fmt.Errorf("%s is off", setting)
		}
		report = append(report, setting+"="+value)
	}
	return strings.Join(report, " "), nil
}

// each sends all rows in one statement, an array for each column.
func (p *postgres) each(q querier, stmt *RowStatement, n int, fill func(int, []any), scan func(Row) error) error {
	arrays := make([]arrayBuilder, len(stmt.columns))
	for c := range arrays {
		arrays[c] = newArray(stmt.columns[c].kind, n)
	}
	row := make([]any, len(stmt.columns))
	for i := range n {
		fill(i, row)
		for c, value := range row {
			if err := arrays[c].add(value); err != nil {
				return fmt.Errorf("column %s: %w", stmt.columns[c].name, err)
			}
		}
	}
	for c := range arrays {
		row[c] = arrays[c].array()
	}
	if scan == nil {
		q.ses.pipe.later(stmt.perSet, row) // only writers execute without a result
		return nil
	}
	return q.Query(stmt.perSet, scan, row...)
}

func (p *postgres) eachTouched(q querier, stmt *RowStatement, n int, fill func(int, []any), touched func(int)) error {
	if stmt.key != noKey {
		return p.eachInserted(q, stmt, n, fill, touched)
	}
	place := len(stmt.columns) - 1
	return p.each(q, stmt, n, func(i int, args []any) {
		fill(i, args)
		args[place] = int64(i)
	}, func(rows Row) error {
		var i int
		err := rows.Scan(&i)
		touched(i)
		return err
	})
}

// eachInserted tells the places of rows by the column that the INSERT returns.
func (p *postgres) eachInserted(q querier, stmt *RowStatement, n int, fill func(int, []any), touched func(int)) error {
	places := make(map[int64]int, n)
	return p.each(q, stmt, n, func(i int, args []any) {
		fill(i, args)
		places[args[stmt.key].(int64)] = i
	}, func(rows Row) error {
		var key int64
		err := rows.Scan(&key)
		touched(places[key])
		return err
	})
}

func (p *postgres) wrap(err error) error {
	var e *pgconn.PgError
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return wrapState(e.Code, err)
	case errors.As(err, &network), errors.As(err, &connect), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// wrapState sorts errors by the class of their SQLSTATE.
func wrapState(state string, err error) error {
	switch class := state[:2]; {
	case state == "23505":
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case state == "40001", state == "40P01": // serialization, deadlock
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, errContended, err)
	case class == "08", class == "53", class == "57", class == "58", class == "25", state == "55P03":
		// connection, resources, intervention, system, a reader turned standby, lock
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// extend makes the partitions that hold ids up to id, and the one after.
func (p *postgres) extend(tx *Tx, table string, id int64) error {
	for n := id / partitionIDs; n <= id/partitionIDs+1; n++ {
		name := fmt.Sprintf("%s_p%d", table, n)
		var exists bool
		if err := tx.One("SELECT to_regclass($1) IS NOT NULL", []any{name}, &exists); err != nil {
			return err
		}
		if exists {
			continue
		}
		// Attaching takes a weaker lock on the parent than creating in place.
		// Room on each page lets a status change without touching the indexes.
		create := fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 80)", name, table)
		attach := fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)", table, name, n*partitionIDs, (n+1)*partitionIDs)
		for _, text := range []string{create, attach} {
			if _, err := tx.Exec(text); err != nil {
				return fmt.Errorf("partition %s: %w", name, err)
			}
		}
	}
	return nil
}

func (p *postgres) maintain(context.Context, *DB) error { return nil } // autovacuum does it
