package contactcard

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// totals count an account's cards.
type totals struct {
	cards   int64
	alone   int64 // of those, in no group
	changes int64 // grows with each change of a card or of its groups
}

// lock keeps others from changing the account's cards until the commit.
func lock(tx *db.Tx, accountID int64) error { return totals{}.add(tx, accountID) }

// add counts, in the transaction that writes them, cards that come, and those that
// leave their last group; negative, if they go. It locks the account's cards.
func (t totals) add(tx *db.Tx, accountID int64) error {
	_, err := tx.Exec(`INSERT INTO contact_total (account_id, cards, alone, changes) VALUES ($1, $2, $3, 1)
		ON CONFLICT (account_id) DO UPDATE SET cards = contact_total.cards + excluded.cards,
			alone = contact_total.alone + excluded.alone, changes = contact_total.changes + 1`,
		accountID, t.cards, t.alone)
	return err
}

func readTotals(q *db.Reader, accountID int64) (t totals, err error) {
	err = q.One(`SELECT cards, alone, changes FROM contact_total WHERE account_id = $1`, []any{accountID}, &t.cards, &t.alone, &t.changes)
	if errors.Is(err, db.ErrNotFound) {
		err = nil // never had any
	}
	return t, err
}
