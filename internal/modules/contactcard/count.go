package contactcard

import (
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// found is what is known of the cards that a search finds.
type found struct {
	cards   int64
	ids     []int64   // of all of them, where they are few; else nil
	changes int64     // see totals
	at      time.Time // when it was found
}

// bounds say what is many.
type bounds struct {
	few   int   // so many found cards can be sorted
	rare  int64 // one card in so many, if found, is sought in an index of the conditions
	small int64 // so many cards of an account can be counted at any time
}

func defaultBounds() bounds { return bounds{few: 1000, rare: 20, small: 10_000} }

const (
	// countsFor is how old a count may be where there are many (design §3).
	countsFor = 30 * time.Second
	// keptIDs bounds the memory to about 10 MB.
	keptIDs = 1_000_000
)

func newKnown() *db.Recent[db.SearchKey, found] {
	return db.NewRecent[db.SearchKey](keptIDs, func(f found) int { return 20 + len(f.ids) })
}

// look tells how many cards a search finds, and which where they are few: from memory,
// if nothing changed since, or by looking.
func (m *Module) look(q *db.Reader, s *search, t totals) (f found, err error) {
	if len(s.conditions) == 0 {
		return found{cards: t.cards}, nil
	}
	key := s.key()
	known, ok := m.known.Get(key)
	if ok && (known.changes == t.changes || known.ids == nil && t.cards > m.bounds.small && s.now.Sub(known.at) < countsFor) {
		return known, nil
	}
	if f, err = s.look(q, t, m.bounds.few); err == nil {
		m.known.Put(key, f)
	}
	return f, err
}

func (s *search) look(q *db.Reader, t totals, few int) (f found, err error) {
	f = found{changes: t.changes, at: s.now}
	counted := false
	if len(s.conditions) == 1 {
		if f.cards, counted, err = s.countBeside(q, t); err != nil {
			return found{}, err
		}
	}
	if !counted || f.cards <= int64(few) {
		ids, err := s.firstIDs(q, few+1)
		if err != nil {
			return found{}, err
		}
		if len(ids) <= few {
			f.cards, f.ids = int64(len(ids)), ids
			return f, nil
		}
	}
	if !counted {
		f.cards, err = s.countAll(q)
	}
	return f, err
}

// countBeside counts what the only condition finds without looking at it: from what is
// counted anyway, or as the rest of what its opposite finds, which an index has.
func (s *search) countBeside(q *db.Reader, t totals) (cards int64, counted bool, err error) {
	cond := s.conditions[0]
	switch {
	case cond.cards != nil:
		return *cond.cards, true, nil
	case cond.opposite == "":
		return 0, false, nil
	}
	cond.text = cond.opposite
	opposite := &search{account: s.account, conditions: []condition{cond}}
	others, err := opposite.countAll(q)
	return t.cards - others, true, err
}

func (s *search) countAll(q *db.Reader) (cards int64, err error) {
	text, args := s.counting()
	err = q.One(text, args, &cards)
	return cards, err
}

func (s *search) counting() (text string, args []any) {
	w := s.where(natural)
	return "SELECT count(*) FROM contact_card" + w.Clause(), w.Args()
}

// firstIDs gives some of the cards, in no particular order.
func (s *search) firstIDs(q *db.Reader, limit int) ([]int64, error) {
	text, args := s.looking(limit)
	ids := []int64{}
	err := q.Query(text, func(row db.Row) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}, args...)
	return ids, err
}

func (s *search) looking(limit int) (text string, args []any) {
	w := s.where(natural)
	return "SELECT id FROM contact_card" + w.Clause() + w.Page(limit, 0), w.Args()
}
