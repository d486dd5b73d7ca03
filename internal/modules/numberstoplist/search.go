package numberstoplist

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// search is what numberStopList/list is asked for.
type search struct {
	account    int64
	conditions []condition
	order      db.Order
	page       api.Pagination
	now        time.Time
}

// condition is a criterion as SQL.
type condition struct {
	text   string
	args   []any
	narrow string // holds too, and leads to an index of few; "" = there is none
	part   string // it finds the numbers with these digits; "" = it is about something else
}

// newSearch is nil when nothing can be found.
func newSearch(c *api.Call, p *listParams) *search {
	s := &search{account: c.Account.ID, order: orderOf(p.Sort), page: p.Pagination, now: c.Now}
	if p.Criteria.Nothing {
		return nil
	}
	if p.Criteria.Number != "" {
		cond, possible := ofNumber(p.Criteria.Number)
		if !possible {
			return nil
		}
		s.conditions = append(s.conditions, cond)
	}
	if p.Criteria.Comment != "" {
		s.conditions = append(s.conditions, condition{
			text: `comment_folded LIKE ? ESCAPE '\'`, args: []any{db.Containing(fold(p.Criteria.Comment))}, narrow: "comment_folded <> ''",
		})
	}
	return s
}

// ofNumber finds a part of a number, or a whole range as it is listed.
func ofNumber(value string) (cond condition, possible bool) {
	if r, err := ParseRange(value); err == nil && !r.Single() {
		return condition{text: "number_from = ? AND number_to = ?", args: []any{r.From, r.To}}, true
	}
	cond.part = phone.Digits(value)
	if cond.part == "" {
		return condition{}, false
	}
	const has = "CAST(%s AS TEXT) LIKE ?"
	cond.text = fmt.Sprintf(has+" OR number_to <> number_from AND ("+has, "number_from", "number_to")
	cond.args = []any{db.Containing(cond.part), db.Containing(cond.part)}
	if n, err := strconv.ParseInt(cond.part, 10, 64); err == nil {
		cond.text += " OR number_from <= ? AND number_to >= ?"
		cond.args = append(cond.args, n, n)
	}
	cond.text += ")"
	return cond, true
}

// seen are the entries that an account sees: its own and those for all.
const seen = "account_id IN (?, ?)"

// where is the search as SQL, in no order.
func (s *search) where() *db.Where {
	w := &db.Where{}
	w.Holds(seen, s.account, Global)
	for _, cond := range s.conditions {
		w.Holds(cond.text, cond.args...)
		if cond.narrow != "" {
			w.Holds(cond.narrow)
		}
	}
	return w
}

// key is the same for the same conditions.
func (s *search) key() db.SearchKey { return s.where().Key() }

// gather reads and sorts the few that were found, from so many behind a place.
func (s *search) gather(few *few, begin db.Place, skip int) (text string, args []any) {
	w := &db.Where{}
	w.OneOf(few.column, few.values)
	if few.column == "id" {
		w.Holds(unseen(seen), s.account, Global)
	} else {
		w.Holds(seen, s.account, Global)
	}
	s.holds(w)
	if begin != nil {
		condition, args := s.order.Behind(begin)
		w.Holds(unseen(condition), args...)
	}
	text = "SELECT " + columns + " FROM stop_number" + w.Clause() + s.order.String() + w.Page(s.page.Size, skip)
	return text, w.Args()
}

// walk goes through the order until the page is full. It gives the columns of the order
// alone, for which its index is enough.
func (s *search) walk(f found, begin db.Place, skip int) (text string, args []any) {
	w := db.WhereAccount(s.account)
	s.holds(w)
	if begin != nil {
		condition, args := s.order.Behind(begin)
		w.Holds(condition, args...)
	}
	own := "SELECT " + columnsOf(s.order) + " FROM stop_number" + w.Clause() + s.order.String()
	global := strings.Replace(own, "account_id = $1", "account_id = 0", 1)
	switch {
	case f.as.global == 0:
		text = own
	case f.as.own == 0:
		text = global
	default: // each list is read in the order of its index
		both := w.Page(skip+s.page.Size, 0)
		text = "SELECT * FROM (" + own + both + ") AS own UNION ALL SELECT * FROM (" + global + both + ") AS global" + s.order.String()
	}
	return text + w.Page(s.page.Size, skip), w.Args()
}

// holds adds the criteria, which lead to no index.
func (s *search) holds(w *db.Where) {
	for _, cond := range s.conditions {
		w.Holds(unseen(cond.text), cond.args...)
	}
}

// unseen keeps the engines from going by a condition: inside CASE they see no column of
// an index, and PostgreSQL takes it to hold for half of the rows.
func unseen(condition string) string { return "CASE WHEN " + condition + " THEN true ELSE false END" }

// find gives the page, and how many entries are on all pages.
func (m *Module) find(q *db.Reader, s *search) (page []Entry, total int64, err error) {
	f, err := m.look(q, s)
	if err != nil || int64(s.page.Offset()) >= f.entries {
		return nil, f.entries, err
	}
	pages := db.SearchKeyOf(s.page.Size, s.key(), s.order)
	begin, between := m.ends.Before(pages, s.page.Current, s.now)
	page, err = s.read(q, f, begin, between*s.page.Size)
	if err == nil && len(page) == s.page.Size {
		m.ends.Remember(pages, s.page.Current, placeOf(s.order, &page[len(page)-1]), s.now)
	}
	return page, f.entries, err
}

// read gives the page that begins so many entries behind a place.
func (s *search) read(q *db.Reader, f found, begin db.Place, skip int) (page []Entry, err error) {
	if f.few == nil {
		text, args := s.walk(f, begin, skip)
		ids, err := readIDs(q, text, args, make([]any, len(s.order)))
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		f.few, begin, skip = &few{"id", ids}, nil, 0
	}
	text, args := s.gather(f.few, begin, skip)
	return query(q, text, args)
}

// readIDs gives the last of some columns.
func readIDs(q *db.Reader, text string, args, columns []any) (ids []int64, err error) {
	for i := range columns {
		columns[i] = new(int64)
	}
	err = q.Query(text, func(row db.Row) error {
		var id int64
		columns[len(columns)-1] = &id
		err := row.Scan(columns...)
		ids = append(ids, id)
		return err
	}, args...)
	return ids, err
}
