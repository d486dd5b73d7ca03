package contactcard

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Bounds that tests outside the package count against.
const (
	PhotoMost  = photoMost
	PhotoSide  = photoSide
	SweepChunk = sweepChunk
)

// SweepOnce does a round of the loop that takes cards out of deleted groups.
func (m *Module) SweepOnce(ctx context.Context) error { return m.sweep(ctx) }

// TakeForMany has accounts of more than small cards, and searches that find more than
// few, or more than one card in rare, be gone about as those with very many are.
func (m *Module) TakeForMany(small, rare int64, few int) { m.bounds = bounds{few, rare, small} }

// FieldNames are the names of all values that a card can have.
func FieldNames() []string { return fieldNames() }

// Condition is a criterion of a list.
func Condition(field, operator, value string) criterion {
	return criterion{Field: field, Operator: operator, Value: value}
}

// Statement is SQL with its arguments.
type Statement struct {
	Text string
	Args []any
}

// Statements are those that count what a criterion finds and find its first page and,
// with after, the page behind a card: one for each way to it.
func Statements(account int64, cr criterion, sort api.Sort, after map[string]string) map[string]Statement {
	p := &listParams{Sort: sort, Pagination: api.Pagination{Size: 25}}
	if cr.Field != "" {
		p.Criteria = []criterion{cr}
	}
	s := newSearch(&api.Call{Account: &api.Account{ID: account}}, p)
	var begin db.Place
	if after != nil {
		begin = placeOf(s.order, &card{id: 1000, values: after})
	}
	all := map[string]Statement{}
	add := func(name, text string, args []any) { all[name] = Statement{text, args} }
	text, args := s.counting()
	add("count", text, args)
	text, args = s.looking(1001)
	add("look", text, args)
	f := found{ids: []int64{5, 6, 7, 8, 9, 10}}
	for name, to := range map[string]way{"natural": natural, "gather": gather, "sift": sift, "walk": walk} {
		text, args := s.statement(to, f, begin, 0)
		add(name, text, args)
	}
	return all
}
