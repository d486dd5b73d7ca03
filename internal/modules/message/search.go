package message

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// search is what message/list is asked for.
type search struct {
	account    int64
	key        string // the same for the same criteria
	where      *db.Where
	conditions []column.Condition // the same, to be asked of blocks
	unsettled  []column.Condition // what of them is asked of messages that are not settled
	byID       bool               // the criteria name messages by their ids
	order      order
	page       api.Pagination
	now        time.Time

	begin place // the page begins skip records behind it; nil = at the beginning
	skip  int
}

// newSearch puts criteria, order and page together; possible is false when nothing
// can be found.
func (m *Module) newSearch(c *api.Call, p *listParams) (s *search, possible bool) {
	where, possible := p.Criteria.where(c)
	if !possible {
		return nil, false
	}
	s = &search{
		account: c.Account.ID, key: fmt.Sprintf("%s %#v", where.Clause(), where.Args()), where: where,
		conditions: p.Criteria.conditions(c), byID: p.Criteria.ID != nil || len(p.Criteria.IDs) > 0,
		order: m.orderOf(p.Sort), page: p.Pagination, now: c.Now,
	}
	s.unsettled = append(still(s.conditions), p.Criteria.madeBefore(c)...)
	s.begin, s.skip = m.ends.before(s)
	return s, true
}

// mutable tells whether the search depends on what changes until a message is final.
func (s *search) mutable() bool {
	return len(still(s.conditions)) < len(s.conditions) || s.order.mutable()
}

// find gives the page, and how many records are on all pages.
func (m *Module) find(q *db.Reader, s *search) (page []*Record, total int64, err error) {
	late, err := readLate(q, s.account) // before the shelf: it may stand there by now
	if err != nil {
		return nil, 0, err
	}
	shelf, err := m.shelves.read(q, s.account)
	if err != nil {
		return nil, 0, err
	}
	if s.byID || shelf.last == 0 {
		page, total, err = s.scan(q)
	} else {
		key := fmt.Sprint(s.mutable(), s.key) // then unsettled messages are counted apart
		known, _ := m.counts.get(key)
		f := &finding{search: s, q: q, shelf: shelf, known: known, counts: maps.Clone(known)}
		if page, total, err = f.find(late); err == nil && f.learnt {
			m.counts.put(key, f.counts)
		}
	}
	if err == nil && len(page) == s.page.Size {
		m.ends.remember(s, s.order.placeOf(page[len(page)-1]))
	}
	return page, total, err
}

// scan goes through the rows of the account, of which there are not too many, or
// through those that the criteria name.
func (s *search) scan(q *db.Reader) (page []*Record, total int64, err error) {
	w := s.where.Clone()
	s.order.narrow(w, s.begin)
	page, err = readRecords(q, w, s.order, s.page.Size, s.skip)
	if err != nil {
		return nil, 0, err
	}
	if s.begin == nil && len(page) < s.page.Size && (len(page) > 0 || s.skip == 0) {
		return page, int64(s.skip + len(page)), nil // the last page says how many there are
	}
	total, err = countRecords(q, s.where)
	return page, total, err
}

func readRecords(q *db.Reader, where *db.Where, o order, limit, offset int) ([]*Record, error) {
	text, args := selectRecords(where, o, limit, offset)
	return queryRecords(q, text, args)
}

func selectRecords(where *db.Where, o order, limit, offset int) (text string, args []any) {
	w := where.Clone()
	text = "SELECT " + recordColumns + " FROM message" + w.Clause() + o.clause() +
		w.Page(limit, offset)
	return text, w.Args()
}

func queryRecords(q *db.Reader, text string, args []any) (found []*Record, err error) {
	err = q.Query(text, func(rows db.Row) error {
		r := &Record{}
		found = append(found, r)
		return rows.Scan(r.fields()...)
	}, args...)
	return found, err
}

func countRecords(q *db.Reader, where *db.Where) (n int64, err error) {
	err = q.One(selectCount(where), where.Args(), &n)
	return n, err
}

func selectCount(where *db.Where) string { return "SELECT count(*) FROM message" + where.Clause() }

// idsAtOnce is how many ids one query asks for.
const idsAtOnce = 1000

// readByID gives those of ids that the search finds, in no particular order.
func readByID(q *db.Reader, where *db.Where, ids []int64) (found []*Record, err error) {
	for len(ids) > 0 {
		n := min(len(ids), idsAtOnce)
		text, args := selectByID(where, ids[:n])
		some, err := queryRecords(q, text, args)
		if err != nil {
			return nil, err
		}
		found, ids = append(found, some...), ids[n:]
	}
	return found, nil
}

func selectByID(where *db.Where, ids []int64) (text string, args []any) {
	w := where.Clone()
	w.OneOf("id", ids)
	return "SELECT " + recordColumns + " FROM message" + w.Clause(), w.Args()
}

func readLate(q *db.Reader, account int64) (ids []int64, err error) {
	err = q.Query("SELECT id FROM message_late WHERE account_id = $1 ORDER BY id", func(rows db.Row) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, account)
	return ids, err
}

// search answers from one look at the database. It begins again when a block was
// written anew meanwhile, until the reader's time is over.
func (m *Module) search(q *db.Reader, s *search) (page []*Record, total int64, err error) {
	for {
		if page, total, err = m.find(q, s); !errors.Is(err, errMoved) {
			return page, total, err
		}
	}
}
