package user

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Cell is the API domain that this database serves.
type Cell struct {
	Prefix string // first two letters of the keys made here
	Domain string // what code 13 of other cells sends callers to; may be empty
}

// defaultPrefix begins the keys of a cell that was never named.
const defaultPrefix = "kz"

// Cell returns what SetCell stored; prefix "kz" without a domain before that.
func (m *Module) Cell(ctx context.Context) (c Cell, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		c, err = readCell(q)
		return err
	})
	if err != nil {
		return Cell{}, fmt.Errorf("read the cell: %w", err)
	}
	return c, nil
}

// oneRow is a reader or a transaction.
type oneRow interface {
	One(text string, args []any, dest ...any) error
}

func readCell(q oneRow) (Cell, error) {
	c := Cell{Prefix: defaultPrefix}
	err := q.One(`SELECT prefix, domain FROM cell WHERE id = 1`, nil, &c.Prefix, &c.Domain)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return c, err
}

// SetCell names the cell. Keys made before keep their prefix and stay valid.
func (m *Module) SetCell(ctx context.Context, c Cell) error {
	if !prefixForm.MatchString(c.Prefix) {
		return fmt.Errorf("cell prefix %q: must be two lower-case letters", c.Prefix)
	}
	if strings.ContainsAny(c.Domain, "/ \t\r\n") {
		return fmt.Errorf("cell domain %q: must be a host name such as api.kz.example", c.Domain)
	}
	return m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO cell (id, prefix, domain) VALUES (1, $1, $2)
			ON CONFLICT (id) DO UPDATE SET prefix = excluded.prefix, domain = excluded.domain`, c.Prefix, c.Domain)
		return err
	})
}
