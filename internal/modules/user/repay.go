package user

import (
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Repayment gives back what a message was charged, or several of a campaign.
type Repayment struct {
	AccountID int64
	MessageID int64        // or the campaign's id
	Messages  int          // how many it is for; 0 = 1
	Amount    money.Amount // not negative; 0 leaves no row in the ledger
}

// Repay gives the amounts back in the caller's transaction, each with a row of its
// own in the ledger. Blocked and deleted accounts get theirs too. An error means
// that the transaction must not be committed.
func (m *Module) Repay(tx *db.Tx, repayments []Repayment) error {
	var entries []entry
	err := eachAccount(repayments, func(r Repayment) int64 { return r.AccountID }, func(id int64, own []Repayment) error {
		made, err := repayAccount(tx, id, own)
		if err != nil {
			return fmt.Errorf("repay account %d: %w", id, err)
		}
		entries = append(entries, made...)
		return nil
	})
	if err != nil {
		return err
	}
	return enter(tx, entries...)
}

func repayAccount(tx *db.Tx, id int64, own []Repayment) ([]entry, error) {
	var entries []entry
	var sum money.Amount
	for _, r := range own {
		var ok bool
		if sum, ok = sum.Add(r.Amount); !ok || r.Amount < 0 {
			return nil, fmt.Errorf("message %d: a repayment of %s", r.MessageID, r.Amount)
		}
		if r.Amount > 0 {
			entries = append(entries, entry{account: id, kind: kindRepay, amount: r.Amount, messages: max(1, r.Messages), messageID: r.MessageID})
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	var balance money.Amount
	var seq int64
	err := tx.One(`UPDATE account SET balance = balance + $1, ledger_seq = ledger_seq + $2 WHERE id = $3 RETURNING balance, ledger_seq`,
		[]any{int64(sum), len(entries), id}, &balance, &seq)
	if err != nil {
		return nil, err
	}
	for i := len(entries) - 1; i >= 0; i-- { // the last one made the balance
		entries[i].seq, entries[i].balance = seq, balance
		seq, balance = seq-1, balance-entries[i].amount
	}
	return entries, nil
}
