package link

import "github.com/heliograph-sms/heliograph/internal/db"

var selectPersonalClicks = db.Rows(`SELECT link_code.message_id, CAST(sum(link_code.clicks) AS bigint) FROM link_code {rows}
	WHERE link_code.message_id = :message_id GROUP BY link_code.message_id`, "message_id bigint")

// ClicksOf gives the clicks on messages' personal codes, by message; one without such
// codes is left out.
func (m *Module) ClicksOf(q *db.Reader, messageIDs []int64) (map[int64]int64, error) {
	all := make(map[int64]int64, len(messageIDs))
	err := q.Each(selectPersonalClicks, len(messageIDs), func(i int, args []any) { args[0] = messageIDs[i] }, func(row db.Row) error {
		var id, clicks int64
		err := row.Scan(&id, &clicks)
		all[id] = clicks
		return err
	})
	return all, err
}
