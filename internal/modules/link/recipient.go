package link

import "github.com/heliograph-sms/heliograph/internal/db"

// Clicks are how often a recipient's links were clicked on, and how often by a person.
type Clicks struct{ All, ByPeople int64 }

var selectPersonalClicks = db.Rows(`SELECT link_code.message_id, CAST(sum(link_code.clicks) AS bigint), CAST(sum(link_code.redirects) AS bigint) FROM link_code {rows}
	WHERE link_code.message_id = :message_id GROUP BY link_code.message_id`, "message_id bigint")

// ClicksOf gives the clicks on messages' personal codes, by message; one without such
// codes is left out.
func (m *Module) ClicksOf(q *db.Reader, messageIDs []int64) (map[int64]Clicks, error) {
	all := make(map[int64]Clicks, len(messageIDs))
	err := q.Each(selectPersonalClicks, len(messageIDs), func(i int, args []any) { args[0] = messageIDs[i] }, func(row db.Row) error {
		var id int64
		var n Clicks
		err := row.Scan(&id, &n.All, &n.ByPeople)
		all[id] = n
		return err
	})
	return all, err
}
