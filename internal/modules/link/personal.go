package link

import (
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

var (
	countCodes = db.Rows(`SELECT link_code.message_id, count(*) FROM link_code {rows}
		WHERE link_code.message_id = :message_id GROUP BY link_code.message_id`, "message_id bigint")
	deleteCodes = db.Rows(`DELETE FROM link_code {rows} WHERE link_code.message_id = :message_id`, "message_id bigint")
)

// CountPersonal gives how many codes of their own messages have; one without is left out.
func CountPersonal(tx *db.Tx, messageIDs []int64) (map[int64]int, error) {
	all := make(map[int64]int, len(messageIDs))
	err := tx.EachReturning(countCodes, len(messageIDs), func(i int, args []any) { args[0] = messageIDs[i] }, func(row db.Row) error {
		var id int64
		var n int
		err := row.Scan(&id, &n)
		all[id] = n
		return err
	})
	return all, err
}

// RemovePersonal removes the codes that messages have of their own, in the transaction
// that removes the messages. Nobody was sent them, so a server that remembers where one
// leads may go on doing so.
func RemovePersonal(tx *db.Tx, messageIDs []int64) error {
	return tx.Each(deleteCodes, len(messageIDs), func(i int, args []any) { args[0] = messageIDs[i] })
}

// Untracked is a message's text with the links' own codes in the place of those that it
// has of its own: whoever follows them counts as nobody's click. It takes as many
// segments.
func (m *Module) Untracked(q *db.Reader, messageID int64, text string) (string, error) {
	var pairs []string // what is replaced, and what with
	err := q.Query(`SELECT link_code.code, short_link.code FROM link_code JOIN short_link ON short_link.id = link_code.link_id
		WHERE link_code.message_id = $1`, func(row db.Row) error {
		var personal, own string
		err := row.Scan(&personal, &own)
		pairs = append(pairs, m.ShortLink(personal), m.ShortLink(own))
		return err
	}, messageID)
	if err != nil {
		return "", fmt.Errorf("links of message %d: %w", messageID, err)
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}
