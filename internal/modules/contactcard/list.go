package contactcard

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type listParams struct {
	Criteria   []criterion    `param:"criteria,max=30" doc:"Conditions, all of which must hold; absent = everything."`
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many contacts on it."`
	Sort       api.Sort       `param:"sort" sort:"fullName surname mobile id" doc:"The order; absent = newest first. fullName sorts by name, then by surname."`
}

// listed is a page.
type listed struct {
	api.List[object]
	FullListItemCount int64 `json:"fullListItemCount,string" doc:"How many contacts the account has at all."`
}

// list answers a page, how many cards were found, and how many there are at all.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	s := newSearch(c, p)
	var answer listed
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		t, err := readTotals(q, s.account)
		if err != nil {
			return err
		}
		page, total, err := m.find(q, s, t)
		if err != nil {
			return err
		}
		items, err := m.objects(q, page)
		answer = listed{api.NewList(items, total), t.cards}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	return answer, nil
}
