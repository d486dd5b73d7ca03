package contactcard

import (
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
)

// search is what contactCard/list is asked for.
type search struct {
	account    int64
	conditions []condition
	order      db.Order
	page       api.Pagination
	now        time.Time
}

func newSearch(c *api.Call, p *listParams) *search {
	s := &search{account: c.Account.ID, order: orderOf(p.Sort), page: p.Pagination, now: c.Now}
	for i := range p.Criteria {
		if condition, is := p.Criteria[i].condition(c); is {
			s.conditions = append(s.conditions, condition)
		}
	}
	return s
}

// key is the same for the same conditions.
func (s *search) key() db.SearchKey { return s.where(natural).Key() }

// way is how the cards of a page are found. What is fast depends on how many there are,
// and the engines don't know that.
type way int

const (
	natural way = iota // as the engine likes
	gather             // few were found: read and sort them
	sift               // rare ones: find them all in an index of the conditions, and sort their ids
	walk               // many: go through the order until the page is full
)

// wayTo chooses; an index by a value has its cards in the order of their ids.
func (s *search) wayTo(f found, all int64, b bounds) way {
	byID := len(s.order) == 1
	switch {
	case len(s.conditions) == 0:
		return natural
	case f.ids != nil:
		return gather
	case byID && len(s.conditions) == 1 && s.conditions[0].exact:
		return natural
	case byID && f.cards*b.rare <= all:
		return sift
	default:
		return walk
	}
}

// where is the search as SQL. Whoever walks must not be led away from the order's index
// by a condition on another column.
func (s *search) where(to way) *db.Where {
	w := db.WhereAccount(s.account)
	for _, cond := range s.conditions {
		text := cond.text
		if to == walk && cond.probe != "" {
			text = cond.probe
		}
		if to == walk && cond.column != s.order[0].Column {
			text = unseen(text)
		}
		w.Holds(text, cond.args...)
	}
	return w
}

// unseen keeps the engines from going by a condition: inside CASE they see no column of
// an index, and PostgreSQL takes it to hold for half of the rows.
func unseen(condition string) string { return "CASE WHEN " + condition + " THEN true ELSE false END" }

// statement reads a page that begins so many cards behind a place.
func (s *search) statement(to way, f found, begin db.Place, skip int) (text string, args []any) {
	w, order := s.where(to), s.order.String()
	if to == gather {
		w = &db.Where{} // they are the account's, but without a word of it no index by account is taken
		w.OneOf("id", f.ids)
	}
	if begin != nil {
		condition, args := s.order.Behind(begin)
		if to == gather {
			condition = unseen(condition)
		}
		w.Holds(condition, args...)
	}
	const cards = "SELECT " + cardColumns + " FROM contact_card"
	where := w.Clause()
	if to == sift {
		byID := db.OrderBy([]string{"id + 0" + db.Direction(s.order[0].Desc, false)})
		return cards + " WHERE id IN (SELECT id FROM contact_card" + where + byID + w.Page(s.page.Size, skip) + ")" + order, w.Args()
	}
	return cards + where + order + w.Page(s.page.Size, skip), w.Args()
}

// find gives the page, and how many cards are on all pages.
func (m *Module) find(q *db.Reader, s *search, t totals) (page []*card, total int64, err error) {
	if err := m.checkGroups(q, s, t); err != nil {
		return nil, 0, err
	}
	f, err := m.look(q, s, t)
	if err != nil || int64(s.page.Offset()) >= f.cards {
		return nil, f.cards, err
	}
	pages := db.SearchKeyOf(s.page.Size, s.key(), s.order)
	begin, between := m.ends.Before(pages, s.page.Current, s.now)
	text, args := s.statement(s.wayTo(f, t.cards, m.bounds), f, begin, between*s.page.Size)
	page, err = query(q, text, args...)
	if err == nil && len(page) == s.page.Size {
		m.ends.Remember(pages, s.page.Current, placeOf(s.order, page[len(page)-1]), s.now)
	}
	return page, f.cards, err
}

// checkGroups looks up what is counted for conditions on groups. A group that there is
// not has no cards, though some may not have been taken out yet.
func (m *Module) checkGroups(q *db.Reader, s *search, t totals) error {
	for i := range s.conditions {
		cond := &s.conditions[i]
		if cond.text == alone {
			cond.cards = &t.alone
		}
		if cond.group == 0 {
			continue
		}
		groups, err := m.Groups.Groups(q, s.account, []int64{cond.group})
		if err != nil {
			return err
		}
		cond.counted(groups, t)
	}
	return nil
}

// counted completes a condition on a group, given that group or none.
func (cond *condition) counted(groups []contactgroup.Group, t totals) {
	among, cards := cond.probe != "", t.cards
	switch {
	case len(groups) == 1 && among:
		cards = groups[0].Cards
	case len(groups) == 1:
		cards -= groups[0].Cards
	case among:
		*cond, cards = condition{text: never}, 0
	default:
		*cond = condition{text: "NOT " + never}
	}
	cond.cards = &cards
}
