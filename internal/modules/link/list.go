package link

import (
	"context"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type listParams struct {
	Criteria   listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many links on it."`
	Sort       api.Sort       `param:"sort" sort:"id createTs expirationDate clickCnt code fullLink" doc:"The order; absent = newest first."`
}

type listCriteria struct {
	api.Criteria
	Status          *int64 `param:"status" doc:"1 = on, 0 = off."`
	ModeratorStatus *int64 `param:"moderatorStatus" doc:"1 = usable, 0 = blocked by the operator."`
	CreateTsFrom    string `param:"createTsFrom" doc:"Made at this time or day, or later."`
	CreateTsTo      string `param:"createTsTo" doc:"Made at this time or day, or earlier."`
	Query           string `param:"query" doc:"Part of the code, the address or the comment."`
	Code            string `param:"code" doc:"Part of the code (older name of query)."`
	FullLink        string `param:"fullLink" doc:"Part of the address (older name of query)."`
	Comment         string `param:"comment" doc:"Part of the comment (older name of query)."`
	ClickCntFrom    *int64 `param:"clickCntFrom" doc:"So many clicks, or more."`
	ClickCntTo      *int64 `param:"clickCntTo" doc:"So many clicks, or fewer."`
}

// where is the search as SQL; possible is false where nothing can be found.
func (cr *listCriteria) where(c *api.Call) (w *db.Where, possible bool) {
	w = db.WhereAccount(c.Account.ID)
	w.Holds("deleted_ms IS NULL")
	made, possible := db.ReadSpan(c.ParseMoment, cr.CreateTsFrom, cr.CreateTsTo)
	w.During("created_ms", made)
	for _, n := range []struct {
		condition string
		value     *int64
	}{{"status = ?", cr.Status}, {"moderator_status = ?", cr.ModeratorStatus}, {"clicks >= ?", cr.ClickCntFrom}, {"clicks <= ?", cr.ClickCntTo}} {
		if n.value != nil {
			w.Holds(n.condition, *n.value)
		}
	}
	if cr.Code != "" {
		w.Holds(codeContains, cr.Code)
	}
	for _, t := range []struct{ column, part string }{{"link_folded", fold(cr.FullLink)}, {"comment_folded", fold(cr.Comment)}} {
		if t.part != "" {
			w.Contains(t.column, t.part)
		}
	}
	if cr.Query != "" {
		folded := db.Containing(fold(cr.Query))
		w.Holds(codeContains+` OR link_folded LIKE ? ESCAPE '\' OR comment_folded LIKE ? ESCAPE '\'`, cr.Query, folded, folded)
	}
	return w, possible && !cr.Nothing
}

// codeContains holds for codes with a part, which is not empty: the letters' case matters in
// codes, and for LIKE it does on one engine alone.
const codeContains = "replace(code, ?, '') <> code"

// list answers a page of the account's links.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	w, possible := p.Criteria.where(c)
	if !possible {
		return api.NewList([]object{}, 0), nil
	}
	var page []*Link
	var total int64
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		if total, err = m.countOf(q, w, c.Now); err != nil {
			return err
		}
		page, err = m.page(q, w, orderOf(p.Sort), p.Pagination, c.Now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	items := make([]object, len(page))
	for i, l := range page {
		items[i] = m.object(c, l)
	}
	return api.NewList(items, total), nil
}

// counted is how many links a search found, a while ago.
type counted struct {
	links int64
	at    time.Time
}

const (
	countsKept = 10_000
	// countFor is how old a count may be of so many links that counting takes a while.
	countFor  = 30 * time.Second
	countMany = 10_000
)

func newCounts() *db.Recent[db.SearchKey, counted] {
	return db.NewRecent[db.SearchKey](countsKept, func(counted) int { return 1 })
}

// countOf counts what a search finds.
func (m *Module) countOf(q *db.Reader, w *db.Where, now time.Time) (int64, error) {
	key := w.Key()
	if known, ok := m.counts.Get(key); ok && now.Sub(known.at).Abs() < countFor {
		return known.links, nil
	}
	n := counted{at: now}
	if err := q.One("SELECT count(*) FROM short_link"+w.Clause(), w.Args(), &n.links); err != nil {
		return 0, err
	}
	if n.links >= countMany {
		m.counts.Put(key, n)
	}
	return n.links, nil
}

// page reads a page, from the end of the nearest one before that is known.
func (m *Module) page(q *db.Reader, w *db.Where, order db.Order, p api.Pagination, now time.Time) (page []*Link, err error) {
	pages := db.SearchKeyOf(p.Size, w.Key(), order)
	at, between := m.ends.Before(pages, p.Current, now)
	if at != nil {
		condition, args := order.Behind(at)
		w.Holds(condition, args...)
	}
	text := "SELECT " + columns + " FROM short_link" + w.Clause() + order.String() + w.Page(p.Size, between*p.Size)
	err = q.Query(text, func(row db.Row) error {
		l := &Link{}
		page = append(page, l)
		return row.Scan(l.fields()...)
	}, w.Args()...)
	if err == nil && len(page) == p.Size {
		m.ends.Remember(pages, p.Current, placeOf(order, page[p.Size-1]), now)
	}
	return page, err
}

// sortColumns are what links are sorted by.
var sortColumns = map[string]struct {
	name string
	of   func(*Link) any
}{
	"id":             {"id", func(l *Link) any { return l.ID }},
	"createTs":       {"created_ms", func(l *Link) any { return l.CreatedMs }},
	"expirationDate": {"expiration_date", func(l *Link) any { return l.ExpirationDate }},
	"clickCnt":       {"clicks", func(l *Link) any { return l.Clicks }},
	"code":           {"code", func(l *Link) any { return l.Code }},
	"fullLink":       {"link_folded", func(l *Link) any { return fold(l.FullLink) }},
}

// orderOf ends with the id, in the direction of the first key, as the indexes do.
func orderOf(sort api.Sort) db.Order {
	var order db.Order
	for _, key := range sort {
		order = append(order, db.OrderKey{Column: sortColumns[key.Field].name, Desc: key.Desc})
		if key.Field == "id" {
			return order
		}
	}
	return append(order, db.OrderKey{Column: "id", Desc: len(sort) == 0 || sort[0].Desc})
}

func placeOf(order db.Order, l *Link) db.Place {
	at := make(db.Place, len(order))
	for i, key := range order {
		for _, column := range sortColumns {
			if column.name == key.Column {
				at[i] = column.of(l)
			}
		}
	}
	return at
}
