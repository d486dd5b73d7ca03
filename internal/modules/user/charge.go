package user

import (
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Charge is what a message costs an account, or a whole campaign.
type Charge struct {
	AccountID int64
	MessageID int64        // or the campaign's id
	Messages  int          // how many it is for; 0 = 1
	Amount    money.Amount // not negative; 0 is free of charge and never refused
	Refused   bool         // set by Module.Charge: the balance is too low, or the account is not usable
}

// Charge takes the charges from the balances in the caller's transaction. What an
// account cannot pay is marked Refused and left out: of several charges those that
// fit the balance are taken, in their order. An account's charges of one call are
// one row of the ledger. An error means that the transaction must not be committed.
func (m *Module) Charge(tx *db.Tx, charges []*Charge) error {
	var entries []entry
	err := eachAccount(charges, func(c *Charge) int64 { return c.AccountID }, func(id int64, own []*Charge) error {
		e, err := chargeAccount(tx, id, own)
		if err != nil {
			return fmt.Errorf("charge account %d: %w", id, err)
		}
		if e.amount != 0 {
			entries = append(entries, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return enter(tx, entries...)
}

// chargeAccount makes the entry for one account's charges; one of amount 0 when
// there is nothing to enter.
func chargeAccount(tx *db.Tx, id int64, own []*Charge) (entry, error) {
	for _, c := range own {
		c.Refused = false
		if c.Amount < 0 {
			return entry{}, fmt.Errorf("message %d: a charge of %s", c.MessageID, c.Amount)
		}
	}
	e, ok, err := take(tx, id, own)
	if err != nil || ok {
		return e, err
	}
	if err := refuse(tx, id, own); err != nil {
		return entry{}, err
	}
	e, ok, err = take(tx, id, own)
	if err == nil && !ok {
		err = errors.New("the balance changed under its lock")
	}
	return e, err
}

// take charges everything that is not refused, or nothing: then ok is false.
func take(tx *db.Tx, id int64, own []*Charge) (e entry, ok bool, err error) {
	e = entry{account: id, kind: kindCharge}
	charges := 0
	for _, c := range own {
		if c.Refused || c.Amount == 0 {
			continue
		}
		if e.amount, ok = e.amount.Add(-c.Amount); !ok {
			return entry{}, false, nil // more than any balance
		}
		charges++
		e.messages += max(1, c.Messages)
		e.messageID = c.MessageID
	}
	if e.messages == 0 {
		return e, true, nil
	}
	if charges > 1 {
		e.messageID = 0
	}
	err = tx.One(`UPDATE account SET balance = balance - $1, ledger_seq = ledger_seq + 1
		WHERE id = $2 AND balance >= $1 AND status = 0 RETURNING balance, ledger_seq`,
		[]any{int64(-e.amount), id}, &e.balance, &e.seq)
	if errors.Is(err, db.ErrNotFound) {
		return entry{}, false, nil
	}
	return e, err == nil, err
}

// refuse locks the account and marks the charges that its balance has no room for.
func refuse(tx *db.Tx, id int64, own []*Charge) error {
	var left money.Amount
	err := tx.One(`UPDATE account SET balance = balance WHERE id = $1 AND status = 0 RETURNING balance`, []any{id}, &left)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	for _, c := range own { // without a usable account nothing is left to pay with
		if c.Refused = c.Amount > left; !c.Refused {
			left -= c.Amount
		}
	}
	return nil
}
