package user

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

type ownBalance struct {
	Balance  money.Amount `json:"balance" doc:"What can be spent."`
	Currency string       `json:"currency" doc:"ISO 4217 code of the account's currency."`
}

// getOwnBalance reads the balance as it is committed when it is asked for: clients send
// until it is used up. Calls that come at once share a read.
func (m *Module) getOwnBalance(ctx context.Context, c *api.Call, _ *struct{}) (any, error) {
	balance, err := m.balances.get(ctx, c.Account.ID)
	if err != nil {
		return nil, err
	}
	return ownBalance{Balance: balance, Currency: c.Currency}, nil
}

// Balance reads an account's balance as it is committed now.
func (m *Module) Balance(ctx context.Context, accountID int64) (balance money.Amount, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT balance FROM account WHERE id = $1`, []any{accountID}, &balance)
	})
	if err != nil {
		return 0, fmt.Errorf("read the balance of account %d: %w", accountID, err)
	}
	return balance, nil
}
