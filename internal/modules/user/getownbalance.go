package user

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

type ownBalance struct {
	Balance  money.Amount `json:"balance"`
	Currency string       `json:"currency"`
}

// getOwnBalance reads the balance as it is committed now: clients send until it is
// used up.
func (m *Module) getOwnBalance(ctx context.Context, c *api.Call, _ *struct{}) (any, error) {
	balance := ownBalance{Currency: c.Currency}
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT balance FROM account WHERE id = $1`, []any{c.Account.ID}, &balance.Balance)
	})
	if err != nil {
		return nil, fmt.Errorf("read the balance of account %d: %w", c.Account.ID, err)
	}
	return balance, nil
}
