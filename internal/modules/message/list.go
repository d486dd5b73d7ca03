package message

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Campaigns is package campaign, as far as messages need it.
type Campaigns interface {
	// Moved counts, in the transaction that wrote them, changes of bulk messages.
	Moved(tx *db.Tx, moves []Move) error
	// Infos gives, for each of the messages of a page, the object of
	// campaign/getInfo, read with q where it has to be read.
	Infos(q *db.Reader, c *api.Call, page []*Record) ([]any, error)
}

type listParams struct {
	Criteria       listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination     api.Pagination `param:"pagination" doc:"Which page, and how many messages on it."`
	Sort           api.Sort       `param:"sort" sort:"id campaignId from to text status startSendTs statusUpdateTs segNum" doc:"The order; absent = newest first. Statuses sort by their place in a message's life."`
	WithNumberInfo bool           `param:"withNumberInfo" doc:"1 = with the recipient's country and operator."`
}

// list answers a page and how many messages there are on all pages.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	items, total := []Item{}, int64(0)
	s, possible := newSearch(c, &p.Criteria, p.Criteria.ofCampaign(c), m.orderOf(p.Sort))
	if !possible {
		return api.NewList(items, 0), nil
	}
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		var page []*Record
		if page, total, err = m.page(q, c, s, p.Pagination); err != nil {
			return err
		}
		items, err = m.items(q, c, p, page)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return api.NewList(items, total), nil
}

// page searches from where an earlier page ended, and remembers where this one does.
func (m *Module) page(q *db.Reader, c *api.Call, s *search, p api.Pagination) (page []*Record, total int64, err error) {
	pages := db.SearchKeyOf(p.Size, s.order.clause(), s.key)
	begin, between := m.ends.Before(pages, p.Current, c.Now)
	s.begin, s.skip, s.size, s.offset = begin, between*p.Size, p.Size, p.Offset()
	page, total, err = m.search(q, s)
	if err == nil && len(page) == p.Size {
		m.ends.Remember(pages, p.Current, s.order.placeOf(page[len(page)-1]), c.Now)
	}
	return page, total, err
}
