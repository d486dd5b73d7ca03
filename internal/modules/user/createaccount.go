package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// NewAccount is an account to be made.
type NewAccount struct {
	Name       string
	Currency   string // ISO 4217, in any case
	Timezone   string // IANA name
	Language   string // one of Languages
	Balance    money.Amount
	Moderation api.Moderation
	Barred     string // countries it may not send to, apart by commas
	Key        string // its first API key, where it is given and not made
}

func (n *NewAccount) check() error {
	currency, err := money.ParseCurrency(n.Currency)
	if err != nil {
		return fmt.Errorf("currency: %w", err)
	}
	n.Currency = string(currency)
	return errors.Join(checkName(n.Name), checkTimezone(n.Timezone), checkLanguage(n.Language), checkCredit(n.Balance), orderCountries(&n.Barred))
}

// CreateAccount makes an account with one API key for everything, which it returns
// in clear, this once. The opening balance is the ledger's first row.
func (m *Module) CreateAccount(ctx context.Context, n NewAccount) (id int64, apiKey string, err error) {
	o := KeyOptions{Key: n.Key}
	if err := errors.Join(n.check(), m.checkKey(&o)); err != nil {
		return 0, "", err
	}
	err = m.insert(ctx, func(tx *db.Tx) error {
		if id, err = addAccount(tx, &n); err != nil {
			return err
		}
		if _, apiKey, err = addKey(tx, id, o); err != nil {
			return err
		}
		return tx.Touch(TopicAccount)
	})
	if err != nil {
		return 0, "", fmt.Errorf("create an account: %w", err)
	}
	m.forget()
	return id, apiKey, nil
}

func addAccount(tx *db.Tx, n *NewAccount) (id int64, err error) {
	err = tx.One(`INSERT INTO account (id, name, currency, timezone, language, moderated, barred, balance, ledger_seq, created_ms)
		SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM account RETURNING id`,
		[]any{n.Name, n.Currency, n.Timezone, n.Language, int64(n.Moderation), n.Barred, int64(n.Balance), 1, tx.Now()}, &id)
	if err != nil {
		return 0, err
	}
	return id, enter(tx, entry{account: id, seq: 1, kind: kindOpening, amount: n.Balance, balance: n.Balance})
}
