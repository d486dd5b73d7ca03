package numberstoplist

import (
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// found is what is known of the entries that a search finds.
type found struct {
	entries int64
	few     *few      // leads to all of them, where they are few; else nil
	as      totals    // what was there then
	at      time.Time // when that was
}

// few are the values that the found entries have of an indexed column. Others may have
// them, too.
type few struct {
	column string
	values []int64
}

// totals are of what an account sees: its own entries and those for all.
type totals struct {
	own, global int64
	seq         int64 // of the last change
}

func (t totals) sum() int64 { return t.own + t.global }

const (
	// mostFew entries are read and sorted; of more, the order's index is gone through.
	mostFew = 1000
	// small is a list that can be searched at any time.
	small = 10_000
	// countsFor is how old a count may be where the list is not small (design §3).
	countsFor = 30 * time.Second
	// keptValues bounds the memory to about 10 MB.
	keptValues = 1_000_000
)

func newKnown() *db.Recent[db.SearchKey, found] {
	return db.NewRecent[db.SearchKey](keptValues, func(f found) int {
		if f.few == nil {
			return 20
		}
		return 20 + len(f.few.values)
	})
}

// look tells how many entries a search finds, and which where they are few: from what
// was found before, or from the numbers in memory, or by reading.
func (m *Module) look(q *db.Reader, s *search) (f found, err error) {
	t, err := s.readTotals(q)
	if err != nil || len(s.conditions) == 0 {
		return found{entries: t.sum(), as: t}, err
	}
	key := s.key()
	known, ok := m.known.Get(key)
	if ok && (known.as == t || known.few == nil && t.sum() > small && s.now.Sub(known.at) < countsFor) {
		return known, nil
	}
	if len(s.conditions) == 1 && s.conditions[0].part != "" {
		f = m.book.Load().find(s.account, s.conditions[0].part)
		f.as = t
		return f, nil
	}
	if f, err = s.look(q); err == nil {
		f.as, f.at = t, s.now
		m.known.Put(key, f)
	}
	return f, err
}

func (s *search) readTotals(q *db.Reader) (t totals, err error) {
	err = q.Query("SELECT account_id, entries, seq FROM stop_total WHERE account_id IN ($1, $2)", func(row db.Row) error {
		var account, entries, seq int64
		err := row.Scan(&account, &entries, &seq)
		if account == Global {
			t.global = entries
		} else {
			t.own = entries
		}
		t.seq = max(t.seq, seq)
		return err
	}, s.account, Global)
	return t, err
}

func (s *search) look(q *db.Reader) (f found, err error) {
	w := s.where()
	text := "SELECT id FROM stop_number" + w.Clause() + w.Page(mostFew+1, 0)
	ids, err := readIDs(q, text, w.Args(), make([]any, 1))
	if err != nil || len(ids) <= mostFew {
		return found{entries: int64(len(ids)), few: &few{"id", ids}}, err
	}
	w = s.where()
	err = q.One("SELECT count(*) FROM stop_number"+w.Clause(), w.Args(), &f.entries)
	return f, err
}
