package contactcard

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Recipient is a card as campaigns see it: its set values by the names of their fields,
// "mobile", "name", "address.city".
type Recipient struct {
	CardID int64
	Fields map[string]string
}

// Recipients gives those of ids that are cards of the account.
func (m *Module) Recipients(q *db.Reader, accountID int64, ids []int64) (map[int64]Recipient, error) {
	found := map[int64]Recipient{}
	if len(ids) == 0 {
		return found, nil
	}
	w := db.WhereAccount(accountID)
	w.OneOf("id", ids)
	cards, err := query(q, "SELECT "+cardColumns+" FROM contact_card"+w.Clause(), w.Args()...)
	for _, c := range cards {
		found[c.id] = c.recipient()
	}
	return found, err
}

// InGroup gives the cards of a group that have an id above after, in the order of their
// ids, at most limit of them. Whether there is such a group, contactgroup tells.
func (m *Module) InGroup(q *db.Reader, accountID, groupID, after int64, limit int) ([]Recipient, error) {
	// The members first: a planner that knows nothing of the tables yet would read all cards.
	cards, err := query(q, `SELECT `+cardColumns+` FROM
		(SELECT card_id FROM contact_member WHERE group_id = $1 AND card_id > $2 ORDER BY card_id LIMIT $4) AS member
		JOIN contact_card ON contact_card.id = member.card_id WHERE account_id = $3 ORDER BY contact_card.id`, groupID, after, accountID, int64(limit))
	all := make([]Recipient, len(cards))
	for i, c := range cards {
		all[i] = c.recipient()
	}
	return all, err
}

func (c *card) recipient() Recipient {
	fields := map[string]string{}
	for name, value := range c.values {
		if !strings.HasSuffix(name, typeOf) {
			fields[name] = value
		}
	}
	return Recipient{c.id, fields}
}
