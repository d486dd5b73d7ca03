package contactgroup

import (
	"cmp"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Move is how many cards come into a group; negative: how many leave it. With 0 it only
// has to be there.
type Move struct{ GroupID, Cards int64 }

var countCards = db.Rows(`UPDATE contact_group SET cards = contact_group.cards + :cards {rows}
	WHERE contact_group.id = :id AND contact_group.account_id = :account_id AND (contact_group.deleted_ms IS NULL OR :cards < 0) RETURNING :place`,
	"id bigint", "account_id bigint", "cards bigint")

// Count counts, in the transaction that writes them, an account's cards that come into
// groups and leave them, each group once. It fails with code 2 where there is no such
// group; only to be left it may have been deleted. Until the commit the groups are not deleted.
func (m *Module) Count(tx *db.Tx, accountID int64, moves []Move) error {
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Compare(a.GroupID, b.GroupID) })
	counted := 0
	err := tx.EachTouched(countCards, len(moves), func(i int, args []any) {
		args[0], args[1], args[2] = moves[i].GroupID, accountID, moves[i].Cards
	}, func(int) { counted++ })
	if err == nil && counted < len(moves) {
		return api.NotFound()
	}
	return err
}

// Deleted gives groups that were deleted and still have cards to be taken out.
func (m *Module) Deleted(q *db.Reader) (found []Group, err error) {
	w := &db.Where{}
	w.Holds("deleted_ms IS NOT NULL AND cards > 0")
	return query(q, w, " ORDER BY id LIMIT 100")
}
