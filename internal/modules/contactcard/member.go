package contactcard

import (
	"errors"
	"maps"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
)

var (
	insertMember = db.Rows(`INSERT INTO contact_member (group_id, card_id) SELECT :group_id, :card_id {rows}`,
		"group_id bigint", "card_id bigint")
	deleteMember = db.Rows(`DELETE FROM contact_member {rows}
		WHERE contact_member.group_id = :group_id AND contact_member.card_id = :card_id RETURNING :place`,
		"group_id bigint", "card_id bigint")
)

// member is a card in a group.
type member struct{ groupID, cardID int64 }

func (m member) fill(args []any) { args[0], args[1] = m.groupID, m.cardID }

// regroup puts a card in the groups and takes it out of all others; the account's
// cards are locked. It fails with code 2 where there is no such group.
func (m *Module) regroup(tx *db.Tx, c *card, groups []int64) error {
	before, err := groupsOf(tx, c.id)
	if err != nil {
		return err
	}
	after := map[int64]bool{}
	for _, id := range groups {
		after[id] = true
	}
	moves, joined, left := compare(c.id, before, after)
	if err := m.Groups.Count(tx, c.accountID, moves); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE contact_card SET in_groups = $2 WHERE id = $1`, c.id, int64(len(after)))
	return errors.Join(err,
		tx.Each(insertMember, len(joined), func(i int, args []any) { joined[i].fill(args) }),
		tx.EachTouched(deleteMember, len(left), func(i int, args []any) { left[i].fill(args) }, func(int) {}),
		totals{alone: isAlone(after) - isAlone(before)}.add(tx, c.accountID))
}

// compare tells what changes for groups, those that the card stays in included: they
// must not have been deleted.
func compare(cardID int64, before, after map[int64]bool) (moves []contactgroup.Move, joined, left []member) {
	for id := range before {
		if !after[id] {
			left, moves = append(left, member{id, cardID}), append(moves, contactgroup.Move{GroupID: id, Cards: -1})
		}
	}
	for id := range after {
		move := contactgroup.Move{GroupID: id}
		if !before[id] {
			move.Cards, joined = 1, append(joined, member{id, cardID})
		}
		moves = append(moves, move)
	}
	return moves, joined, left
}

// isAlone is 1 for a card in no group, else 0.
func isAlone(groups map[int64]bool) int64 {
	if len(groups) == 0 {
		return 1
	}
	return 0
}

// groupsOf are the groups that a card is in, those included that were deleted since.
func groupsOf(tx *db.Tx, cardID int64) (map[int64]bool, error) {
	groups := map[int64]bool{}
	err := tx.Query(`SELECT group_id FROM contact_member WHERE card_id = $1`, func(row db.Row) error {
		var id int64
		err := row.Scan(&id)
		groups[id] = true
		return err
	}, cardID)
	return groups, err
}

// groupName is a group as it stands on the wire with a card.
type groupName struct {
	ID   int64  `json:"id,string" doc:"Id of the group."`
	Name string `json:"name" doc:"Its name."`
}

// groupNames gives the groups that cards are in, in the order of their ids; every card
// has a list.
func groupNames(q *db.Reader, cards []*card) (map[int64][]groupName, error) {
	names := map[int64][]groupName{}
	for _, c := range cards {
		names[c.id] = []groupName{}
	}
	if len(cards) == 0 {
		return names, nil
	}
	w := &db.Where{}
	w.OneOf("card_id", slices.Sorted(maps.Keys(names)))
	err := q.Query(`SELECT card_id, v_contact_group.id, v_contact_group.name
		FROM contact_member JOIN v_contact_group ON v_contact_group.id = group_id`+w.Clause()+` ORDER BY v_contact_group.id`,
		func(row db.Row) error {
			var cardID int64
			var g groupName
			err := row.Scan(&cardID, &g.ID, &g.Name)
			names[cardID] = append(names[cardID], g)
			return err
		}, w.Args()...)
	return names, err
}
