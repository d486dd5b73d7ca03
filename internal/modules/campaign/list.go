package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type listParams struct {
	Criteria   listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many campaigns on it."`
	Sort       api.Sort       `param:"sort" sort:"id name from counters.totalMsgNum counters.totalCost createTs startSendTs endSendTs type" doc:"The order; absent = newest first. Names sort without regard to case."`
}

// lists is what the module remembers of lists.
type lists struct {
	few    int64 // campaigns can be gone through, or sorted, at any time
	fields map[string]*sortField
	counts *db.Recent[db.SearchKey, counted]
	ends   db.Ends[end]
}

func newLists() *lists {
	counts := db.NewRecent[db.SearchKey](keptCounts, func(counted) int { return 1 })
	return &lists{few, sortFields(), counts, db.NewEnds[end]()}
}

// list answers a page, and how many campaigns there are on all pages.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	l, possible := m.newListing(c, p)
	if !possible {
		return api.NewList([]Info{}, 0), nil
	}
	var items []Info
	var total int64
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		var page []entry
		if page, total, err = l.page(q); err != nil {
			return err
		}
		items, err = m.infos(q, c, page)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list campaigns: %w", err)
	}
	return api.NewList(items, total), nil
}

func (m *Module) infos(q *db.Reader, c *api.Call, page []entry) ([]Info, error) {
	var all []*Bulk
	for _, e := range page {
		if e.bulk != nil {
			all = append(all, e.bulk)
		}
	}
	bulk, err := m.bulkInfos(q, c, all)
	if err != nil {
		return nil, err
	}
	items := make([]Info, len(page))
	for i, e := range page {
		if e.bulk == nil {
			items[i] = newInfo(c, e.single)
			continue
		}
		items[i], bulk = bulk[0], bulk[1:]
	}
	return items, nil
}
