package message

import (
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// finding is a search of an account with blocks. What is found comes from three
// sources: the blocks; the fresh end, rows with ids above the shelf's last; and odd
// rows, those the blocks are not sure of.
type finding struct {
	*search
	q      *db.Reader
	shelf  *shelf
	known  blockCounts // of this search before
	counts blockCounts
	learnt bool // counts has more than known

	alternatives []alternative

	hits []hit
	odd  []*Record
}

// hit is a block in which the search finds something.
type hit struct {
	*block
	rows int
	rest [][]column.Condition // the alternatives' conditions that are to be asked of the columns
}

// blockCounts are the rows that a search finds in blocks, by the block's first id.
type blockCounts map[int64]blockCount

type blockCount struct {
	generation int64
	rows       int
}

// keptCounts bounds the memory to about 20 MB.
const keptCounts = 300_000

func newCounts() *db.Recent[db.SearchKey, blockCounts] {
	return db.NewRecent[db.SearchKey](keptCounts, func(c blockCounts) int { return 1 + len(c) })
}

// oddAtMost bounds the rows that are read one by one for one search.
const oddAtMost = 20_000

// errTooMany ends a search that would read too much, before its deadline does.
var errTooMany = fmt.Errorf("%w: too many messages to be read one by one", db.ErrTooSlow)

func (f *finding) find(late []int64) (page []*Record, total int64, err error) {
	if err := f.count(); err != nil {
		return nil, 0, err
	}
	if err := f.readOdd(late); err != nil {
		return nil, 0, err
	}
	fresh, err := countRecords(f.q, f.fresh())
	if err != nil {
		return nil, 0, err
	}
	total = fresh + int64(len(f.odd))
	for _, h := range f.hits {
		total += int64(h.rows)
	}
	if int64(f.offset) >= total {
		return nil, total, nil
	}
	page, err = f.readPage(int(fresh))
	return page, total, err
}

// fresh is the search in the rows that no block has.
func (f *finding) fresh() *db.Where {
	w := f.where.Clone()
	w.Holds("id > ?", f.shelf.last)
	return w
}

// count finds the blocks with something in them, and how much: from their summaries,
// from what this search learnt before, or else from their columns.
func (f *finding) count() error {
	var unknown []ask
	var conditions [][]column.Condition
	for _, a := range f.alternatives {
		conditions = append(conditions, a.settled)
	}
	for _, b := range f.shelf.blocks {
		rows, known, rest := column.JudgeAny(b.Summary, conditions)
		if before, ok := f.known[b.first]; !known && ok && before.generation == b.generation {
			rows, known = before.rows, true
		}
		if !known {
			unknown, rows = append(unknown, newAsk(b, rest, 0)), notCounted
		}
		if rows != 0 {
			f.hits = append(f.hits, hit{b, rows, rest})
		}
	}
	return f.countRows(unknown)
}

const notCounted = -1

// countRows counts what the summaries don't tell.
func (f *finding) countRows(unknown []ask) error {
	if len(unknown) == 0 {
		return nil
	}
	f.learnt = true
	if f.counts == nil {
		f.counts = blockCounts{}
	}
	err := eachBlock(f.q, unknown, func(a ask, _ *columns, rows []int32) error {
		f.counts[a.first] = blockCount{a.generation, len(rows)}
		return nil
	})
	for i := range f.hits {
		if h := &f.hits[i]; h.rows == notCounted {
			h.rows = f.counts[h.first].rows
		}
	}
	f.hits = slices.DeleteFunc(f.hits, func(h hit) bool { return h.rows == 0 })
	return err
}

// readOdd reads the rows that blocks are not sure of, as far as the search finds
// them: of unsettled messages, where it depends on their status, and of late ones.
func (f *finding) readOdd(late []int64) error {
	ids, err := f.missing(late)
	if err != nil {
		return err
	}
	open, err := f.open()
	if err != nil {
		return err
	}
	ids = append(ids, open...)
	if len(ids) > oddAtMost {
		return errTooMany
	}
	f.odd, err = readByID(f.q, f.where, ids)
	return err
}

// open finds the unsettled messages that the search may find, once they are read.
func (f *finding) open() (ids []int64, err error) {
	var conditions [][]column.Condition
	for _, a := range f.alternatives {
		if a.mutable {
			conditions = append(conditions, a.unsettled)
		}
	}
	var asks []ask
	for _, b := range f.shelf.blocks {
		if b.unsettled == 0 {
			continue
		}
		if rows, known, rest := column.JudgeAny(b.Summary, conditions); !known || rows > 0 {
			asks = append(asks, newAsk(b, rest, setOf(column.ID)))
		}
	}
	err = eachBlock(f.q, asks, func(_ ask, c *columns, rows []int32) error {
		for _, row := range rows {
			ids = append(ids, c[column.ID][row])
		}
		if len(ids) > oddAtMost {
			return errTooMany
		}
		return nil
	})
	return ids, err
}

// missing leaves those of the late ids that no block has, though it should.
func (f *finding) missing(late []int64) (ids []int64, err error) {
	for _, b := range f.shelf.blocks {
		var here []int64
		for _, id := range late {
			if b.first <= id && id <= b.last {
				here = append(here, id)
			}
		}
		if len(here) == 0 {
			continue
		}
		err := eachBlock(f.q, []ask{allRows(b, setOf(column.ID))}, func(_ ask, c *columns, _ []int32) error {
			for _, id := range here {
				if !slices.Contains(c[column.ID], id) {
					ids = append(ids, id)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}
