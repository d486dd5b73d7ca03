package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline sends the statements of a PostgreSQL transaction together where that can
// be: one whose result nobody looks at waits for the next one whose result somebody
// does, or for COMMIT. Each round trip that is saved is two processes that need not be
// woken. A statement's failure is told by whatever it went out with.
type pipeline struct {
	ses   *session
	batch *pgx.Batch
	id    string // of the transaction; "" = not known to have written anything yet
	wrote bool   // the batch has a statement that writes
}

// askID names the open transaction once it has written something.
const askID = `SELECT coalesce(CAST(pg_current_xact_id_if_assigned() AS text), '')`

func (p *pipeline) begin(text string) {
	*p = pipeline{ses: p.ses, batch: &pgx.Batch{}}
	p.batch.Queue(text)
}

// later has a statement sent with the next one.
func (p *pipeline) later(text string, args []any) {
	p.batch.Queue(text, args...)
	p.wrote = true
}

func (p *pipeline) query(ctx context.Context, text string, scan func(Row) error, args []any) error {
	p.batch.Queue(text, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	p.wrote = true
	return p.flush(ctx)
}

func (p *pipeline) exec(ctx context.Context, text string, args []any) (touched int64, err error) {
	p.batch.Queue(text, args...).Exec(func(tag pgconn.CommandTag) error {
		touched = tag.RowsAffected()
		return nil
	})
	p.wrote = true
	return touched, p.flush(ctx)
}

// flush sends what waits, and reads its results.
func (p *pipeline) flush(ctx context.Context) error {
	if p.id == "" {
		p.batch.Queue(askID).QueryRow(func(row pgx.Row) error { return row.Scan(&p.id) })
	}
	return p.send(ctx)
}

func (p *pipeline) send(ctx context.Context) error {
	batch := p.batch
	p.batch, p.wrote = &pgx.Batch{}, false
	return p.ses.conn.Raw(func(conn any) error {
		return conn.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close()
	})
}

// commit gives the transaction's name along with an error after which it may have been
// committed all the same: the name is known before COMMIT goes out.
func (p *pipeline) commit(ctx context.Context) (id string, err error) {
	if p.id == "" && p.wrote {
		if err := p.flush(ctx); err != nil {
			return "", err
		}
	}
	p.batch.Queue("COMMIT")
	if err := p.send(ctx); err != nil {
		if refused(err) {
			return "", err
		}
		return p.id, err
	}
	return p.id, nil
}

// refused tells whether the server itself says that it did not do it.
func refused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.SeverityUnlocalized == "ERROR"
}

func (p *pipeline) rollback(ctx context.Context) error {
	p.batch = &pgx.Batch{}
	p.batch.Queue("ROLLBACK")
	if err := p.send(ctx); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}
