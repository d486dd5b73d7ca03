// Package db is the one way to the database. The other rooms write their SQL
// once, in PostgreSQL's $n form, and run it here on either engine: SQLite in the
// process, or PostgreSQL.
//
// The rules of the house, kept in this package:
//
//   - Writes go through the Writer: everything that waits is committed together
//     (group commit), answers before background chunks, and a caller hears of
//     success only after the commit.
//   - Reads run on readers of their own, with a deadline.
//   - Instants are int64 Unix milliseconds, money is int64 in 1/10000; the clock
//     is passed in, SQL never asks for the time.
//   - Ids come from blocks reserved ahead: unique, not ordered.
//   - Locks are taken in the order pending, account, campaign, message, each by id.
package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// ReadDeadline bounds one use of a reader, unless Options say otherwise; past it the caller
// gets ErrTooSlow.
const ReadDeadline = 2 * time.Second

// DB is an open database of one engine. It is safe for concurrent use.
type DB struct {
	// Engine is "sqlite" or "postgres".
	Engine string

	dialect dialect
	write   *sql.DB
	read    *sql.DB
	writer  *Writer
	ids     idBlocks
	texts   textCache
	clock   func() time.Time
	log     *slog.Logger
	unlock  func() error // gives up the exclusive use of an SQLite file
	closing sync.Once
	readers *sessions
	slowest time.Duration // one use of a reader
}

// Options are what Open may be told beyond the URL.
type Options struct {
	// Clock gives the time; nil means time.Now.
	Clock func() time.Time
	// Logger hears of stalls and retries; nil means slog.Default().
	Logger *slog.Logger
	// ReadDeadline bounds one use of a reader; 0 means ReadDeadline.
	ReadDeadline time.Duration
	// Exclusive takes the SQLite file for a serving process: a second one is
	// refused, while administration commands beside it are not.
	Exclusive bool
}

// Open opens the database at url: "sqlite:/path/to/file.db" or a postgres:// URL.
// It asserts that the engine keeps what it commits and fails when it does not.
// It does not touch the schema; see Migrate and CheckSchema.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	dia, err := dialectFor(url)
	if err != nil {
		return nil, err
	}
	d := &DB{Engine: dia.name(), dialect: dia, clock: o.Clock, log: o.Logger, slowest: cmp.Or(o.ReadDeadline, ReadDeadline)}
	if o.Exclusive {
		if d.unlock, err = dia.takeExclusive(); err != nil {
			return nil, err
		}
	}
	if err := d.connect(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) connect(ctx context.Context) (err error) {
	if d.write, d.read, err = d.dialect.open(ctx, d.slowest); err != nil {
		return fmt.Errorf("open %s: %w", d.dialect, err)
	}
	if _, err := d.Durability(ctx); err != nil {
		return err
	}
	d.readers = newSessions(d, d.read, d.dialect.readers(), false)
	d.writer = newWriter(d)
	return nil
}

// Durability names the settings that make a commit durable, as the engine
// reports them ("synchronous=full journal_mode=wal"), or fails when one of them
// would let a committed transaction be lost.
func (d *DB) Durability(ctx context.Context) (string, error) {
	settings, err := d.dialect.durability(ctx, d.write)
	if err != nil {
		return "", fmt.Errorf("%s does not keep what it commits: %w", d.dialect, err)
	}
	return settings, nil
}

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	return d.Read(ctx, func(q *Reader) error {
		var one int
		return q.One("SELECT 1", nil, &one)
	})
}

// Close waits for the writes under way and closes the database; further calls do
// nothing.
func (d *DB) Close() (err error) {
	d.closing.Do(func() { err = d.close() })
	return err
}

func (d *DB) close() error {
	var errs []error
	if d.writer != nil {
		d.writer.stop()
	}
	if d.readers != nil {
		d.readers.close()
	}
	for _, pool := range []*sql.DB{d.read, d.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if d.unlock != nil {
		errs = append(errs, d.unlock())
	}
	return errors.Join(errs...)
}

// String says where the database is, without its password.
func (d *DB) String() string { return d.dialect.String() }

// Time is the time of the database's clock.
func (d *DB) Time() time.Time { return d.clock() }

// Now is the time of the database's clock in Unix milliseconds.
func (d *DB) Now() int64 { return d.clock().UnixMilli() }

// Read runs fn with a reader that sees what was committed before. It ends after
// the deadline of Options with ErrTooSlow.
func (d *DB) Read(ctx context.Context, fn func(q *Reader) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, d.slowest)
	defer cancel()
	ses, err := d.readers.take(ctx)
	if err != nil {
		return d.readError(ctx, err)
	}
	err = errPanicked // what the session is given back with, if fn does not return
	defer func() { d.readers.give(ses, err) }()
	err = d.readError(ctx, fn(&Reader{querier{ctx, ses}}))
	return err
}

// View is Read for several statements that must all see one moment.
func (d *DB) View(ctx context.Context, fn func(q *Reader) error) error {
	return d.Read(ctx, func(q *Reader) error {
		if err := q.ses.exec(q.ctx, d.dialect.view()); err != nil {
			return err
		}
		err := fn(q)
		if failed := q.ses.exec(q.ctx, "ROLLBACK"); failed != nil {
			return failed // the session is not to be used again
		}
		return err
	})
}

var errPanicked = errors.New("a reader panicked")

func (d *DB) readError(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTooSlow, err)
	}
	return d.dialect.wrap(err)
}
