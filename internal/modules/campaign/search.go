package campaign

import (
	"maps"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// bulkSearch searches an account's campaigns of many messages; it is a source.
type bulkSearch struct {
	*lists
	account    int64
	conditions []condition
	to         string                                     // digits of a recipient's number; "" = no matter
	sentTo     func(q *db.Reader) (map[int64]bool, error) // campaigns with such a recipient
	order      order
	now        time.Time
	begin      place // it gives what comes behind; nil = all

	looked bool  // the rest is known:
	found  int64 // how many there are
	large  bool  // the account has very many
	all    []entry
}

// counted is how many campaigns a search found in an account with very many.
type counted struct {
	campaigns int64
	at        time.Time
}

const (
	// countsFor is how old such a count may be (design §3).
	countsFor = 30 * time.Second
	// keptCounts bounds the memory to about 5 MB.
	keptCounts = 10_000
	// few is lists.few of a server.
	few = 10_000
)

// where is the search as SQL. Whoever walks through an order must not be led to another
// index by a condition.
func (s *bulkSearch) where(walk bool) *db.Where {
	w := db.WhereAccount(s.account)
	w.Holds("deleted_ms IS NULL")
	for _, cond := range s.conditions {
		w.Holds(cond.sql(walk && cond.column != s.order[0].expr), cond.args...)
	}
	return w
}

// key is the same for the same criteria.
func (s *bulkSearch) key() db.SearchKey { return db.SearchKeyOf(s.where(false).Key(), s.to) }

// count tells how many campaigns there are.
func (s *bulkSearch) count(q *db.Reader) (int64, error) {
	if s.looked {
		return s.found, nil
	}
	err := s.look(q)
	s.looked = err == nil
	return s.found, err
}

const isLarge = `SELECT count(*) > $2 FROM (SELECT id FROM campaign WHERE account_id = $1 AND deleted_ms IS NULL LIMIT $3) AS first`

func (s *bulkSearch) look(q *db.Reader) error {
	if s.to != "" {
		return s.readAll(q)
	}
	if err := q.One(isLarge, []any{s.account, s.few, s.few + 1}, &s.large); err != nil {
		return err
	}
	key := s.key()
	known, ok := s.counts.Get(key)
	if ok && s.large && s.now.Sub(known.at) < countsFor {
		s.found = known.campaigns
		return nil
	}
	text, args := s.counting()
	if err := q.One(text, args, &s.found); err != nil {
		return err
	}
	if s.large {
		s.counts.Put(key, counted{s.found, s.now})
	}
	return nil
}

func (s *bulkSearch) counting() (text string, args []any) {
	w := s.where(false)
	return "SELECT count(*) FROM campaign" + w.Clause(), w.Args()
}

// idsAtOnce is how many ids one query asks for.
const idsAtOnce = 1000

// readAll reads all campaigns with a recipient, and sorts them here.
func (s *bulkSearch) readAll(q *db.Reader) error {
	ids, err := s.sentTo(q)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(ids)), idsAtOnce) {
		w := s.where(false)
		w.OneOf("id", chunk)
		some, err := query(q, "SELECT "+bulkColumns+" FROM campaign"+w.Clause(), w.Args())
		if err != nil {
			return err
		}
		s.all = append(s.all, some...)
	}
	s.order.sort(s.all)
	s.found = int64(len(s.all))
	return nil
}

// read gives up to limit campaigns, from the one that comes offset after the first
// behind the begin.
func (s *bulkSearch) read(q *db.Reader, limit, offset int) ([]entry, error) {
	if _, err := s.count(q); err != nil {
		return nil, err
	}
	if s.to != "" {
		first := slices.IndexFunc(s.all, func(e entry) bool { return s.begin == nil || s.order.compare(s.order.placeOf(e), s.begin) > 0 })
		if first < 0 {
			return nil, nil
		}
		behind := s.all[first:]
		behind = behind[min(offset, len(behind)):]
		return behind[:min(limit, len(behind))], nil
	}
	text, args := s.statement(s.way(), limit, offset)
	return query(q, text, args)
}

// way is how campaigns are found. What is fast depends on how many there are, and the
// engines don't know that.
type way int

const (
	natural way = iota // as the engine likes
	gather             // few are found: find them all, then sort
	walk               // many: go through the order
)

func (s *bulkSearch) way() way {
	switch {
	case !s.large, len(s.conditions) == 0:
		return natural
	case s.found <= s.few:
		return gather
	case len(s.order) == 1 && len(s.conditions) == 1 && s.conditions[0].exact:
		return natural
	default:
		return walk
	}
}

func (s *bulkSearch) statement(to way, limit, offset int) (text string, args []any) {
	w := s.where(to == walk)
	s.order.narrow(w, s.begin)
	where := w.Clause()
	if to == gather {
		where = " WHERE id IN (SELECT id FROM campaign" + where + ")"
	}
	text = "SELECT " + bulkColumns + " FROM campaign" + where + s.order.String() + w.Page(limit, offset)
	return text, w.Args()
}

func query(q *db.Reader, text string, args []any) (found []entry, err error) {
	err = q.Query(text, func(row db.Row) error {
		b := &Bulk{}
		found = append(found, entry{bulk: b})
		return row.Scan(b.fields()...)
	}, args...)
	return found, err
}
