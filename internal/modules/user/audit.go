package user

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Discrepancy is an account whose ledger does not account for its balance.
type Discrepancy struct {
	AccountID   int64
	Balance     money.Amount // as the account has it
	Sum         money.Amount // of the ledger's amounts
	LastBalance money.Amount // after the ledger's last row
	Rows, Seq   int64        // rows of the ledger; number of the last one
}

func (d Discrepancy) String() string {
	return fmt.Sprintf("account %d has %s, its ledger sums to %s and ends with %s, in %d rows of %d",
		d.AccountID, d.Balance, d.Sum, d.LastBalance, d.Rows, d.Seq)
}

func (d Discrepancy) holds() bool {
	return d.Sum == d.Balance && d.LastBalance == d.Balance && d.Rows == d.Seq
}

const (
	auditAccounts = 1000   // per read
	auditRows     = 50_000 // per read: well within its deadline
)

// Audit compares every balance with its ledger and returns the accounts where they
// differ. It may run beside writers: rows of the ledger never change, so each
// account is judged as it stood when it was read.
func (m *Module) Audit(ctx context.Context) ([]Discrepancy, error) {
	var found []Discrepancy
	for last := int64(0); ; {
		page, err := m.auditPage(ctx, last)
		if err != nil {
			return nil, fmt.Errorf("audit the ledger: %w", err)
		}
		if len(page) == 0 {
			return found, nil
		}
		for i := range page {
			if err := m.recount(ctx, &page[i]); err != nil {
				return nil, fmt.Errorf("audit the ledger of account %d: %w", page[i].AccountID, err)
			}
			if !page[i].holds() {
				found = append(found, page[i])
			}
		}
		last = page[len(page)-1].AccountID
	}
}

func (m *Module) auditPage(ctx context.Context, after int64) (page []Discrepancy, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, balance, ledger_seq FROM account WHERE id > $1 ORDER BY id LIMIT $2`,
			func(rows db.Row) error {
				var d Discrepancy
				err := rows.Scan(&d.AccountID, &d.Balance, &d.Seq)
				page = append(page, d)
				return err
			}, after, auditAccounts)
	})
	return page, err
}

// recount adds up the ledger up to the row that the account's balance is of.
func (m *Module) recount(ctx context.Context, d *Discrepancy) error {
	for from := int64(0); from < d.Seq; from += auditRows {
		to := min(from+auditRows, d.Seq)
		err := m.db.Read(ctx, func(q *db.Reader) error {
			var rows int64
			var sum money.Amount
			err := q.One(`SELECT count(*), CAST(coalesce(sum(amount), 0) AS bigint), coalesce(max(CASE WHEN seq = $3 THEN balance END), 0)
				FROM ledger WHERE account_id = $1 AND seq > $2 AND seq <= $3`, []any{d.AccountID, from, to}, &rows, &sum, &d.LastBalance)
			d.Rows, d.Sum = d.Rows+rows, d.Sum+sum
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
