package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Overview is an account with its balance at the moment it was read.
type Overview struct {
	Account
	Balance money.Amount
	Login   string // "" = it has none
}

// overview is what an Overview is read from.
const overview = accountColumns + `, a.balance, coalesce(l.login, '') FROM account a LEFT JOIN account_login l ON l.account_id = a.id`

func (o *Overview) columns() []any { return append(o.Account.columns(), &o.Balance, &o.Login) }

// Show reads an account afresh, deleted ones too.
func (m *Module) Show(ctx context.Context, id int64) (*Overview, error) {
	o := &Overview{}
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT `+overview+` WHERE a.id = $1`, []any{id}, o.columns()...)
	})
	if errors.Is(err, db.ErrNotFound) {
		err = ErrNoAccount
	}
	if err != nil {
		return nil, fmt.Errorf("account %d: %w", id, err)
	}
	return o, o.locate()
}

// List reads all accounts by id, deleted ones too.
func (m *Module) List(ctx context.Context) (all []Overview, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT `+overview+` ORDER BY a.id`, func(rows db.Row) error {
			var o Overview
			err := rows.Scan(o.columns()...)
			all = append(all, o)
			return errors.Join(err, all[len(all)-1].locate())
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return all, nil
}

// TopUp adds to the balance of an account that is not deleted, and returns what
// the balance is then.
func (m *Module) TopUp(ctx context.Context, id int64, amount money.Amount) (balance money.Amount, err error) {
	if amount == 0 {
		return 0, errors.New("amount: must not be zero")
	}
	if err := checkCredit(amount); err != nil {
		return 0, err
	}
	err = m.administer(ctx, id, func(tx *db.Tx) error {
		e := entry{account: id, kind: kindTopUp, amount: amount}
		err := tx.One(`UPDATE account SET balance = balance + $1, ledger_seq = ledger_seq + 1
			WHERE id = $2 AND balance <= $3 RETURNING balance, ledger_seq`,
			[]any{int64(amount), id, int64(maxBalance - amount)}, &e.balance, &e.seq)
		if errors.Is(err, db.ErrNotFound) {
			return fmt.Errorf("the balance would be over %s", maxBalance)
		}
		if err != nil {
			return err
		}
		balance = e.balance
		return enter(tx, e)
	})
	return balance, err
}

// Block makes an account's keys useless and stops its messages, within a second.
func (m *Module) Block(ctx context.Context, id int64) error { return m.setStatus(ctx, id, Blocked) }

// Unblock undoes Block.
func (m *Module) Unblock(ctx context.Context, id int64) error { return m.setStatus(ctx, id, Usable) }

// Delete closes an account for ever. Its rows stay, for the ledger; its login too, which tells
// whoever uses it what became of the account, until another account is given it.
func (m *Module) Delete(ctx context.Context, id int64) error { return m.setStatus(ctx, id, Deleted) }

func (m *Module) setStatus(ctx context.Context, id int64, to Status) error {
	return m.administer(ctx, id, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE account SET status = $1 WHERE id = $2`, int64(to), id)
		return err
	})
}

// Changes are what Set changes; nil stays as it is. The currency cannot be
// changed: the ledger is in it.
type Changes struct {
	Name, Timezone, Language *string
	Login                    *string // the same in any case; a password that the account has stays
	Moderation               *api.Moderation
	APIAccess                *bool
	Barred                   *string // countries it may not send to, apart by commas
	Guard                    *int64  // seconds, see Account; at most guardMost
}

// guardMost is a day, in seconds.
const guardMost = 24 * 60 * 60

func (c *Changes) check() error {
	checks := []struct {
		value *string
		check func(string) error
	}{{c.Name, checkName}, {c.Login, checkLoginName}, {c.Timezone, checkTimezone}, {c.Language, checkLanguage}}
	var errs []error
	for _, each := range checks {
		if each.value != nil {
			errs = append(errs, each.check(*each.value))
		}
	}
	if c.Guard != nil && (*c.Guard < 0 || *c.Guard > guardMost) {
		errs = append(errs, fmt.Errorf("duplicate guard: %d is not from 0 to %d seconds", *c.Guard, guardMost))
	}
	if c.Barred != nil {
		barred := *c.Barred // the caller keeps the list as it was written
		errs = append(errs, orderCountries(&barred))
		c.Barred = &barred
	}
	return errors.Join(errs...)
}

// Set changes an account that is not deleted: all that is given, or with an error nothing.
func (m *Module) Set(ctx context.Context, id int64, c Changes) error {
	if c == (Changes{}) {
		return errors.New("nothing to set")
	}
	if err := c.check(); err != nil {
		return err
	}
	return m.administer(ctx, id, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE account SET name = coalesce($2, name), timezone = coalesce($3, timezone), language = coalesce($4, language),
			moderated = coalesce($5, moderated), api_access = coalesce($6, api_access), barred = coalesce($7, barred),
			duplicate_guard = coalesce($8, duplicate_guard) WHERE id = $1`,
			id, c.Name, c.Timezone, c.Language, optional(c.Moderation), optionalFlag(c.APIAccess), c.Barred, optional(c.Guard))
		if err != nil || c.Login == nil {
			return err
		}
		return putLogin(tx, id, *c.Login)
	})
}

func optional[N ~int64](n *N) any {
	if n == nil {
		return nil
	}
	return int64(*n)
}

func optionalFlag(b *bool) any {
	if b == nil {
		return nil
	}
	if *b {
		return 1
	}
	return 0
}

// administer runs a change of an account that is not deleted, and tells the caches.
func (m *Module) administer(ctx context.Context, id int64, change func(tx *db.Tx) error) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := mustLive(tx, id); err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		return tx.Touch(TopicAccount)
	})
	if err != nil {
		return fmt.Errorf("account %d: %w", id, err)
	}
	m.forget()
	return nil
}

// mustLive locks an account, which must be there and not be deleted.
func mustLive(tx *db.Tx, id int64) error {
	var status Status
	err := tx.One(`UPDATE account SET status = status WHERE id = $1 RETURNING status`, []any{id}, &status)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return ErrNoAccount
	case err == nil && status == Deleted:
		return ErrDeleted
	}
	return err
}
