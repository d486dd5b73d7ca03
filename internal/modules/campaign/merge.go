package campaign

import (
	"errors"
	"sort"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// listing is one question for a page, which is merged from two sources: campaigns of
// many messages, and messages sent singly.
type listing struct {
	*lists
	order   order
	paging  api.Pagination
	key     db.SearchKey // the same for all pages
	bulk    *bulkSearch
	singles *singleSearch // nil = none is searched for
	call    *api.Call
	begin   end // of the nearest known page before this one
	skip    int // so many campaigns behind it the page begins
}

// end is where a page ended: of each source the place of its last one up to there.
type end struct {
	bulk   place
	single message.Place
}

// source gives campaigns of one kind in the listing's order.
type source interface {
	// read gives up to limit of those behind its begin, from the one at offset.
	read(q *db.Reader, limit, offset int) ([]entry, error)
	// count counts all, those before its begin too.
	count(q *db.Reader) (int64, error)
}

func (m *Module) newListing(c *api.Call, p *listParams) (l *listing, possible bool) {
	conditions, possible := p.Criteria.conditions(c)
	to := phone.Digits(p.Criteria.Recipient)
	if !possible || p.Criteria.Recipient != "" && to == "" {
		return nil, false
	}
	l = &listing{lists: m.lists, order: orderOf(m.lists.fields, p.Sort), paging: p.Pagination, call: c}
	l.bulk = &bulkSearch{
		lists: m.lists, account: c.Account.ID, conditions: conditions, to: to, order: l.order, now: c.Now,
		sentTo: func(q *db.Reader) (map[int64]bool, error) { return m.Messages.CampaignsTo(q, c.Account.ID, to) },
	}
	if criteria, possible := p.Criteria.singles(); possible {
		if found, possible := m.Messages.Singles(c, criteria, l.order.singles()); possible {
			l.singles = &singleSearch{Singles: found}
		}
	}
	l.key = db.SearchKeyOf(l.paging.Size, l.order, l.bulk.key())
	begin, between := m.lists.ends.Before(l.key, l.paging.Current, c.Now)
	l.start(begin, between*l.paging.Size)
	return l, true
}

// start has the page begin so many campaigns behind the end of an earlier one.
func (l *listing) start(begin end, skip int) {
	l.begin, l.skip, l.bulk.begin = begin, skip, begin.bulk
	if l.singles != nil {
		l.singles.begin = begin.single
	}
}

func (l *listing) sources() (bulk, singles source) {
	if l.singles == nil {
		return l.bulk, nothing{}
	}
	return l.bulk, l.singles
}

func (l *listing) total(q *db.Reader) (int64, error) {
	bulk, singles := l.sources()
	some, err := bulk.count(q)
	if err != nil {
		return 0, err
	}
	others, err := singles.count(q)
	return some + others, err
}

// page gives the page, and how many campaigns there are on all.
func (l *listing) page(q *db.Reader) (page []entry, total int64, err error) {
	ahead := 0 // of what is skipped, campaigns of many messages
	if l.skip > 0 {
		if total, err = l.total(q); err != nil || int64(l.paging.Offset()) >= total {
			return nil, total, err
		}
		if ahead, err = l.split(q); err != nil {
			return nil, 0, err
		}
	}
	bulk, singles := l.sources()
	some, err := l.take(q, bulk, ahead)
	if err != nil {
		return nil, 0, err
	}
	others, err := l.take(q, singles, l.skip-ahead)
	if err != nil {
		return nil, 0, err
	}
	page = append(some, others...)
	l.order.sort(page)
	page = page[:min(len(page), l.paging.Size)]
	l.remember(page)
	total, err = l.total(q)
	return page, total, err
}

// take reads what a source may have on the page, and moves its begin there.
func (l *listing) take(q *db.Reader, from source, offset int) (found []entry, err error) {
	if offset == 0 {
		return from.read(q, l.paging.Size, 0)
	}
	found, err = from.read(q, l.paging.Size+1, offset-1)
	if len(found) > 0 {
		l.pass(&l.begin, found[0])
		found = found[1:]
	}
	return found, err
}

// split tells how many of the campaigns that are skipped have many messages: the fewest
// such that the next of those comes behind the last of the others.
func (l *listing) split(q *db.Reader) (ahead int, err error) {
	bulk, singles := l.sources()
	most, err := bulk.count(q)
	if err != nil {
		return 0, err
	}
	ahead = sort.Search(int(min(most, int64(l.skip))), func(n int) bool {
		next, failed := bulk.read(q, 1, n)
		if err = errors.Join(err, failed); err != nil || len(next) == 0 {
			return true
		}
		last, failed := singles.read(q, 1, l.skip-1-n)
		if err = errors.Join(err, failed); err != nil || len(last) == 0 {
			return false
		}
		return l.order.compare(l.order.placeOf(next[0]), l.order.placeOf(last[0])) > 0
	})
	return ahead, err
}

// remember notes where a full page ends.
func (l *listing) remember(page []entry) {
	if len(page) < l.paging.Size {
		return
	}
	end := l.begin
	for _, e := range page {
		l.pass(&end, e)
	}
	l.ends.Remember(l.key, l.paging.Current, end, l.call.Now)
}

// pass moves an end behind a campaign.
func (l *listing) pass(end *end, e entry) {
	if e.bulk != nil {
		end.bulk = l.order.placeOf(e)
	} else {
		end.single = l.singles.PlaceOf(e.single)
	}
}

// singleSearch is the source of messages that were sent singly.
type singleSearch struct {
	message.Singles
	begin  message.Place
	looked bool
	total  int64 // once it has looked
}

func (s *singleSearch) read(q *db.Reader, limit, offset int) ([]entry, error) {
	page, total, err := s.Read(q, s.begin, limit, offset)
	if err != nil {
		return nil, err
	}
	s.looked, s.total = true, total
	found := make([]entry, len(page))
	for i, r := range page {
		found[i].single = r
	}
	return found, nil
}

func (s *singleSearch) count(q *db.Reader) (int64, error) {
	if !s.looked {
		if _, err := s.read(q, 1, 0); err != nil {
			return 0, err
		}
	}
	return s.total, nil
}

// nothing is a source that is not searched.
type nothing struct{}

func (nothing) read(*db.Reader, int, int) ([]entry, error) { return nil, nil }
func (nothing) count(*db.Reader) (int64, error)            { return 0, nil }
