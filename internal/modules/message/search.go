package message

import (
	"errors"
	"fmt"
	"maps"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// search is what message/list is asked for.
type search struct {
	account    int64
	key        string // the same for the same criteria
	where      *db.Where
	conditions []column.Condition // of where, what is about messages themselves, to be asked of blocks
	early      []column.Condition // more that is known of messages that are not settled
	of         *ofCampaign        // of where, what is about their campaigns
	byID       bool               // the criteria name messages by their ids
	order      order

	begin place // the page begins skip records behind it; nil = at the beginning
	skip  int
	size  int // of the page

	offset int // of the page among all
}

// newSearch puts criteria and order together; possible is false when nothing can be
// found.
func newSearch(c *api.Call, cr *listCriteria, of *ofCampaign, o order) (s *search, possible bool) {
	where, possible := cr.where(c, of)
	if !possible {
		return nil, false
	}
	return &search{
		account: c.Account.ID, key: fmt.Sprintf("%s %#v", where.Clause(), where.Args()), where: where,
		conditions: cr.conditions(c), early: madeBefore(c, cr.own()), of: of,
		byID: cr.ID != nil || len(cr.IDs) > 0, order: o,
	}, true
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
		return s.scan(q)
	}
	alternatives, named, err := s.alternatives(q)
	if err != nil {
		return nil, 0, err
	}
	key := db.SearchKeyOf(s.order.mutable(), named, s.key) // then unsettled messages are counted apart
	known, _ := m.counts.Get(key)
	f := &finding{search: s, q: q, shelf: shelf, alternatives: alternatives, known: known, counts: maps.Clone(known)}
	if page, total, err = f.find(late); err == nil && f.learnt {
		m.counts.Put(key, f.counts)
	}
	return page, total, err
}

// scan goes through the rows of the account, of which there are not too many, or
// through those that the criteria name.
func (s *search) scan(q *db.Reader) (page []*Record, total int64, err error) {
	if s.order.folded() {
		return s.scanAll(q)
	}
	w := s.where.Clone()
	s.order.narrow(w, s.begin)
	page, err = readRecords(q, w, s.order, s.size, s.skip)
	if err != nil {
		return nil, 0, err
	}
	if s.begin == nil && len(page) < s.size && (len(page) > 0 || s.skip == 0) {
		return page, int64(s.skip + len(page)), nil // the last page says how many there are
	}
	total, err = countRecords(q, s.where)
	return page, total, err
}

// scanAll is scan for an order that the engines don't know.
func (s *search) scanAll(q *db.Reader) (page []*Record, total int64, err error) {
	all, err := readAll(q, s.where)
	f := &finding{search: s}
	for _, c := range f.cut(f.candidates(all)) {
		page = append(page, c.record)
	}
	return page, int64(len(all)), err
}

// readAll gives all that a search finds, if that is not too much, in no particular order.
func readAll(q *db.Reader, where *db.Where) ([]*Record, error) {
	w := where.Clone()
	text := "SELECT " + recordColumns + " FROM message" + w.Clause() + w.Page(oddAtMost+1, 0)
	found, err := queryRecords(q, text, w.Args())
	if err == nil && len(found) > oddAtMost {
		err = errTooMany
	}
	return found, err
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
