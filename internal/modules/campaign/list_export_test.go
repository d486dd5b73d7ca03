package campaign

import "github.com/heliograph-sms/heliograph/internal/api"

// TakeForMany has lists take so many campaigns for very many.
func (m *Module) TakeForMany(n int64) { m.lists.few = n - 1 }

// Searching is a statement that a list of very many campaigns runs.
type Searching struct {
	Name, Text string
	Args       []any
}

// Searches are a count, the first page and one behind another, as found of so many
// campaigns are looked for.
func (m *Module) Searches(c *api.Call, criteria map[string]string, sort api.Sort, found int64) []Searching {
	cr := &listCriteria{From: criteria["from"], Text: criteria["text"], Status: criteria["status"], CreateTsFrom: criteria["createTsFrom"]}
	conditions, _ := cr.conditions(c)
	s := &bulkSearch{lists: m.lists, account: c.Account.ID, conditions: conditions, order: orderOf(m.lists.fields, sort), large: true, found: found}
	count, countArgs := s.counting()
	first, firstArgs := s.statement(s.way(), 25, 0)
	s.begin = s.order.placeOf(entry{bulk: &Bulk{ID: 5000, Name: "m", From: "Bank", CreatedMs: c.Now.UnixMilli()}})
	next, nextArgs := s.statement(s.way(), 25, 0)
	return []Searching{{"count", count, countArgs}, {"first page", first, firstArgs}, {"next page", next, nextArgs}}
}
