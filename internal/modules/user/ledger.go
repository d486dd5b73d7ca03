package user

import (
	"cmp"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Kinds of rows in the ledger.
const (
	kindOpening = "opening"
	kindTopUp   = "topup"
	kindCharge  = "charge"
	kindRepay   = "repay"
)

// An entry is one row of the ledger, to be written with the balance it follows.
type entry struct {
	account   int64
	seq       int64
	kind      string
	amount    money.Amount // negative for a charge
	balance   money.Amount // after it
	messages  int
	messageID int64 // 0 = not a single message's
}

var insertEntry = db.Rows(`INSERT INTO ledger (account_id, seq, created_ms, kind, amount, balance, messages, message_id)
	SELECT :account_id, :seq, :created_ms, :kind, :amount, :balance, :messages, :message_id {rows}`,
	"account_id bigint", "seq bigint", "created_ms bigint", "kind text", "amount bigint", "balance bigint",
	"messages bigint", "message_id bigint")

func enter(tx *db.Tx, entries ...entry) error {
	now := tx.Now()
	return tx.Each(insertEntry, len(entries), func(i int, args []any) {
		e := &entries[i]
		args[0], args[1], args[2], args[3] = e.account, e.seq, now, e.kind
		args[4], args[5], args[6], args[7] = int64(e.amount), int64(e.balance), e.messages, nil
		if e.messageID != 0 {
			args[7] = e.messageID
		}
	})
}

// eachAccount calls fn with the items of each account: accounts in ascending
// order, which is the order of locks, an account's items as they stand.
func eachAccount[T any](items []T, account func(T) int64, fn func(id int64, own []T) error) error {
	byAccount := func(a, b T) int { return cmp.Compare(account(a), account(b)) }
	if !slices.IsSortedFunc(items, byAccount) {
		items = slices.Clone(items)
		slices.SortStableFunc(items, byAccount)
	}
	for len(items) > 0 {
		id, n := account(items[0]), 1
		for n < len(items) && account(items[n]) == id {
			n++
		}
		if err := fn(id, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}
