package price

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// row is a price as one import has it.
type row struct {
	Price
	importID int64
	state    state
}

// List reads all prices, by currency, country and operator.
func (m *Module) List(ctx context.Context) ([]Price, error) {
	standing, _, err := m.read(ctx)
	all := make([]Price, len(standing))
	for i := range standing {
		all[i] = standing[i].Price
	}
	return all, err
}

// read gives the rows that count, in order of their prices, and those that count no
// more. Rows of imports that are under way are neither.
func (m *Module) read(ctx context.Context) (standing, stale []row, err error) {
	rows, err := m.rows(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the prices: %w", err)
	}
	// PostgreSQL takes ten times as long to sort them.
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(inOrder(a.Price, b.Price), cmp.Compare(a.importID, b.importID)) })
	for _, r := range rows {
		last := len(standing) - 1
		switch {
		case r.state == givenUp:
			stale = append(stale, r)
		case last >= 0 && standing[last].key() == r.key():
			stale = append(stale, standing[last])
			standing[last] = r
		default:
			standing = append(standing, r)
		}
	}
	return standing, stale, nil
}

func inOrder(a, b Price) int {
	return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Operator, b.Operator))
}

func (m *Module) rows(ctx context.Context) (all []row, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT p.currency, p.country, p.operator, p.price, p.import_id, i.state
			FROM price p JOIN price_import i ON i.id = p.import_id WHERE i.state <> $1`,
			func(rows db.Row) error {
				var r row
				err := rows.Scan(&r.Currency, &r.Country, &r.Operator, &r.Amount, &r.importID, &r.state)
				all = append(all, r)
				return err
			}, int64(writing))
	})
	return all, err
}
