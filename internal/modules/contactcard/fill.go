package contactcard

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
)

// fillChunk is how many cards one transaction makes.
const fillChunk = 200

// Fill makes many cards at once, for measurements and tests: each has the values given,
// as they are, and is in the groups. It answers their ids, in the same order.
func (m *Module) Fill(ctx context.Context, accountID int64, fields []map[string]string, groups ...int64) (ids []int64, err error) {
	for chunk := range slices.Chunk(fields, fillChunk) {
		cards := make([]*card, len(chunk))
		for i := range chunk {
			cards[i] = &card{accountID: accountID, values: values{}}
			cards[i].values.change(chunk[i])
			if cards[i].id, err = m.DB.NextID(ctx, IDs); err != nil {
				return nil, err
			}
			ids = append(ids, cards[i].id)
		}
		err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) error { return m.fill(tx, accountID, cards, groups) })
		if err != nil {
			return nil, fmt.Errorf("fill account %d with contacts: %w", accountID, err)
		}
	}
	return ids, nil
}

func (m *Module) fill(tx *db.Tx, accountID int64, cards []*card, groups []int64) error {
	count := int64(len(cards))
	t := totals{cards: count, alone: count}
	var moves []contactgroup.Move
	var members []member
	for _, group := range groups {
		moves, t.alone = append(moves, contactgroup.Move{GroupID: group, Cards: count}), 0
		for _, c := range cards {
			members = append(members, member{group, c.id})
		}
	}
	for _, c := range cards {
		c.createdMs = tx.Now()
	}
	return errors.Join(
		t.add(tx, accountID),
		insert(tx, cards, len(groups)),
		m.Groups.Count(tx, accountID, moves),
		tx.Each(insertMember, len(members), func(i int, args []any) { members[i].fill(args) }))
}
