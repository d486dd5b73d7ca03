package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// session is one connection with the statements prepared on it.
type session struct {
	db    *DB
	conn  *sql.Conn
	pipe  *pipeline              // of a connection that writes to PostgreSQL, else nil
	stmts map[string]*sql.Stmt   // by the house's text
	bare  map[string]driver.Stmt // those that are executed without database/sql
}

// maxPrepared bounds a session's statements; texts are constants but for the
// lists' criteria, whose combinations are few.
const maxPrepared = 256

func (s *session) prepared(ctx context.Context, bound string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[bound]; ok {
		return stmt, nil
	}
	if len(s.stmts) >= maxPrepared {
		s.forget()
	}
	stmt, err := s.conn.PrepareContext(ctx, bound)
	if err != nil {
		return nil, err
	}
	s.stmts[bound] = stmt
	return stmt, nil
}

// onDriver runs work with the driver's own statement for a text: database/sql
// would wrap every argument of every row anew.
func (s *session) onDriver(ctx context.Context, text string, work func(driver.StmtExecContext) error) error {
	return s.conn.Raw(func(conn any) error {
		stmt, ok := s.bare[text]
		if !ok {
			var err error
			if stmt, err = conn.(driver.ConnPrepareContext).PrepareContext(ctx, text); err != nil {
				return err
			}
			s.bare[text] = stmt
		}
		return work(stmt.(driver.StmtExecContext))
	})
}

func (s *session) forget() {
	for _, stmt := range s.stmts {
		stmt.Close()
	}
	clear(s.stmts)
	_ = s.conn.Raw(func(any) error { // a connection that is gone has taken them with it
		for _, stmt := range s.bare {
			stmt.Close()
		}
		return nil
	})
	clear(s.bare)
}

func (s *session) close() error {
	s.forget()
	return s.conn.Close()
}

// sessions is a bounded set of sessions over one pool, opened when first needed.
type sessions struct {
	db   *DB
	pool *sql.DB
	free chan *session // a nil session is room for a new one
	gone chan struct{} // closed: no more

	pipelined bool
}

func newSessions(d *DB, pool *sql.DB, n int, pipelined bool) *sessions {
	s := &sessions{db: d, pool: pool, free: make(chan *session, n), gone: make(chan struct{}), pipelined: pipelined}
	for range n {
		s.free <- nil
	}
	return s
}

func (p *sessions) take(ctx context.Context) (*session, error) {
	select {
	case <-p.gone:
		return nil, ErrClosed
	case s := <-p.free:
		if s != nil {
			return s, nil
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := p.pool.Conn(ctx)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	s := &session{db: p.db, conn: conn, stmts: map[string]*sql.Stmt{}, bare: map[string]driver.Stmt{}}
	if p.pipelined {
		s.pipe = &pipeline{ses: s}
	}
	return s, nil
}

// give takes a session back after a use that ended with err; one that may be
// broken, or may have a transaction left open, is thrown away.
func (p *sessions) give(s *session, err error) {
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict) {
		_ = s.close() // it is broken already: the first error is the one to tell
		s = nil
	}
	p.free <- s
}

// close waits until every session was given back, and closes them.
func (p *sessions) close() {
	close(p.gone)
	for range cap(p.free) {
		if s := <-p.free; s != nil {
			_ = s.close()
		}
	}
}

// querier runs statements on a session under one context.
type querier struct {
	ctx context.Context
	ses *session
}

// Row is a row of a result.
type Row interface {
	// Scan copies the row's values to where dest points.
	Scan(dest ...any) error
}

// Query runs text ($n parameters) and calls scan for each row.
func (q querier) Query(text string, scan func(Row) error, args ...any) error {
	if pipe := q.ses.pipe; pipe != nil {
		return pipe.query(q.ctx, text, scan, args)
	}
	stmt, err := q.ses.prepared(q.ctx, q.ses.db.bound(text))
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(q.ctx, args...)
	if err != nil {
		return err
	}
	return scanAll(rows, scan)
}

// One runs text, which must give a row, and scans it into dest; without a row it
// returns ErrNotFound.
func (q querier) One(text string, args []any, dest ...any) error {
	if q.ses.pipe != nil {
		return q.oneOf(text, args, dest)
	}
	stmt, err := q.ses.prepared(q.ctx, q.ses.db.bound(text))
	if err != nil {
		return err
	}
	if err := stmt.QueryRowContext(q.ctx, args...).Scan(dest...); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	}
	return nil
}

// oneOf is One by way of Query.
func (q querier) oneOf(text string, args, dest []any) error {
	err := ErrNotFound
	if failed := q.Query(text, func(row Row) error { err = row.Scan(dest...); return err }, args...); failed != nil {
		return failed
	}
	return err
}

// Reader is the database, to be read from: with each statement as it is then, or in a
// View as of one moment.
type Reader struct{ querier }

// Tx is a writing transaction under way. It must not outlive the function it was
// given to, and nothing but it may be used inside that function.
type Tx struct {
	querier
	now  int64
	then []func()
}

// After has f called once the transaction is committed, and never if it is not. f
// runs on the writer's goroutine, before anybody hears of the commit: it must not
// block, nor use the database.
func (tx *Tx) After(f func()) { tx.then = append(tx.then, f) }

// Now is the transaction's one instant, Unix milliseconds.
func (tx *Tx) Now() int64 { return tx.now }

// Exec runs text ($n parameters) and tells how many rows it touched.
func (tx *Tx) Exec(text string, args ...any) (int64, error) {
	if pipe := tx.ses.pipe; pipe != nil {
		return pipe.exec(tx.ctx, text, args)
	}
	stmt, err := tx.ses.prepared(tx.ctx, tx.ses.db.bound(text))
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// SkipLocked is the clause with which a claiming SELECT passes by rows that
// another claimer holds; empty where there is only one writer.
func (tx *Tx) SkipLocked() string { return tx.ses.db.dialect.skipLocked() }

// textCache keeps texts in the engine's placeholders. Nearly all are constants;
// the lists' are put together, so the cache is emptied when it has grown.
type textCache struct {
	mu    sync.RWMutex
	texts map[string]string
}

const maxTexts = 1024

func (d *DB) bound(text string) string {
	c := &d.texts
	c.mu.RLock()
	bound, ok := c.texts[text]
	c.mu.RUnlock()
	if ok {
		return bound
	}
	bound = d.dialect.bind(text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil || len(c.texts) >= maxTexts {
		c.texts = make(map[string]string)
	}
	c.texts[text] = bound
	return bound
}
