package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	engine "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqlite: one writer on a connection of its own, many readers, a write-ahead log
// that is synced at each commit.
type sqlite struct{ path string }

const (
	sqliteReaders = 4
	// The log is copied back into the database beside the writer once it has
	// grown past this many bytes, so that no commit has to do it.
	sqliteLogBytes = 16 << 20
	// Administration writes beside the server: each waits for the other.
	sqlitePatience = "busy_timeout(5000)"
)

func (s *sqlite) String() string     { return "sqlite:" + s.path }
func (s *sqlite) name() string       { return "sqlite" }
func (s *sqlite) writers() int       { return 1 }
func (s *sqlite) pipelined() bool    { return false }
func (s *sqlite) readers() int       { return sqliteReaders }
func (s *sqlite) view() string       { return "BEGIN DEFERRED" }
func (s *sqlite) begin() string      { return "BEGIN IMMEDIATE" }
func (s *sqlite) skipLocked() string { return "" } // one writer: nobody to pass by

// No network lies between us and COMMIT: it has an answer.
func (s *sqlite) kept(querier, string) (kept, known bool, _ error) { return false, true, nil }

func (s *sqlite) open(ctx context.Context, _ time.Duration) (write, read *sql.DB, err error) {
	if dir := filepath.Dir(s.path); dir != "." {
		if _, err := os.Stat(dir); err != nil {
			return nil, nil, fmt.Errorf("the folder of the database: %w", err)
		}
	}
	write, err = sql.Open("sqlite", s.dsn("synchronous(full)", "wal_autocheckpoint(0)", "cache_size(-65536)", "journal_size_limit(8388608)"))
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(2) // the writer, and migrations before it begins
	if err := write.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(s.wrap(err), write.Close())
	}
	// Each commit by the writer empties the readers' caches, and pages are given back to the
	// system one by one: what a large cache saves is less than that.
	read, err = sql.Open("sqlite", s.dsn("query_only(1)", "cache_size(-1024)"))
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	return write, read, nil
}

func (s *sqlite) dsn(pragmas ...string) string {
	query := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{sqlitePatience, "journal_mode(wal)", "temp_store(memory)"}, pragmas...) {
		query.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// takeExclusive locks a file beside the database. The kernel gives the lock back
// when the process dies, so a restart after a crash need not wait for a lease.
func (s *sqlite) takeExclusive() (func() error, error) {
	f, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another heliograph serves %s (lock %s.lock): stop it first: %w", s, s.path, err), f.Close())
	}
	return f.Close, nil
}

func (s *sqlite) durability(ctx context.Context, write *sql.DB) (string, error) {
	var journal string
	var synchronous int
	if err := write.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return "", s.wrap(err)
	}
	if err := write.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return "", s.wrap(err)
	}
	if synchronous < 2 { // 2 = FULL, 3 = EXTRA
		return "", fmt.Errorf("PRAGMA synchronous is %d, must be 2 (FULL)", synchronous)
	}
	if journal != "wal" {
		return "", fmt.Errorf("PRAGMA journal_mode is %s, must be wal (is the file on a network disk?)", journal)
	}
	return "synchronous=full journal_mode=wal", nil
}

var dollar = regexp.MustCompile(`\$(\d+)`)

func (s *sqlite) bind(text string) string { return dollar.ReplaceAllString(text, "?$1") }

// each executes the prepared statement row by row inside the open transaction:
// the fastest way into SQLite.
func (s *sqlite) each(q querier, stmt *RowStatement, n int, fill func(int, []any), scan func(Row) error) error {
	if scan == nil {
		return s.execEach(q, stmt, n, fill, func(int, driver.Result) error { return nil })
	}
	prepared, err := q.ses.prepared(q.ctx, stmt.perRow)
	if err != nil {
		return err
	}
	row, args := make([]any, len(stmt.columns)), make([]any, len(stmt.args))
	for i := range n {
		fill(i, row)
		for at, column := range stmt.args {
			args[at] = row[column]
		}
		rows, err := prepared.QueryContext(q.ctx, args...)
		if err != nil {
			return err
		}
		if err := scanAll(rows, scan); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqlite) eachTouched(q querier, stmt *RowStatement, n int, fill func(int, []any), touched func(int)) error {
	return s.execEach(q, stmt, n, fill, func(i int, result driver.Result) error {
		changed, err := result.RowsAffected()
		if changed > 0 {
			touched(i)
		}
		return err
	})
}

// execEach executes the statement for each row.
func (s *sqlite) execEach(q querier, stmt *RowStatement, n int, fill func(int, []any), done func(i int, result driver.Result) error) error {
	return q.ses.onDriver(q.ctx, stmt.perRow, func(prepared driver.StmtExecContext) error {
		row, args := make([]any, len(stmt.columns)), make([]driver.NamedValue, len(stmt.args))
		for i := range n {
			fill(i, row)
			for at, column := range stmt.args {
				value, err := driverValue(row[column])
				if err != nil {
					return err
				}
				args[at] = driver.NamedValue{Ordinal: at + 1, Value: value}
			}
			result, err := prepared.ExecContext(q.ctx, args)
			if err != nil {
				return err
			}
			if err := done(i, result); err != nil {
				return err
			}
		}
		return nil
	})
}

// driverValue is a value as drivers take it; nearly all are as they should be.
func driverValue(value any) (driver.Value, error) {
	switch value.(type) {
	case int64, string, []byte, bool, nil:
		return value, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(value)
}

func (s *sqlite) wrap(err error) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case codes.SQLITE_NOTADB, codes.SQLITE_CORRUPT:
		return fmt.Errorf("%s is not a usable SQLite database: %w", s.path, err)
	case codes.SQLITE_CONSTRAINT:
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}

func (s *sqlite) extend(*Tx, string, int64) error { return nil } // no partitions

// maintain copies the log into the database on a reader's connection, which does
// not hold up the writer; what little came meanwhile the writer copies itself, so
// that the log begins anew instead of growing for ever under steady load.
func (s *sqlite) maintain(ctx context.Context, d *DB) error {
	info, err := os.Stat(s.path + "-wal")
	if err != nil || info.Size() < sqliteLogBytes {
		return nil // no log, nothing to do
	}
	beside, err := sql.Open("sqlite", s.dsn())
	if err != nil {
		return err
	}
	defer beside.Close()
	if _, err := beside.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return s.wrap(err)
	}
	return d.writer.between(ctx, s.beginLogAnew)
}

// beginLogAnew gives way to readers that are in the middle of the log: one that
// takes long, a backup above all, lets the log grow, but no commit waits for it.
func (s *sqlite) beginLogAnew(conn *sql.Conn) error {
	var errs []error
	for _, pragma := range []string{"busy_timeout(5)", "wal_checkpoint(RESTART)", sqlitePatience} {
		_, err := conn.ExecContext(context.Background(), "PRAGMA "+pragma)
		errs = append(errs, err)
	}
	return s.wrap(errors.Join(errs...))
}
