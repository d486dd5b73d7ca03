package message

import (
	"slices"

	"github.com/heliograph-sms/heliograph/internal/modules/message/column"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// candidate is a record that may be on the page; one from a block is read last.
type candidate struct {
	at     place // ends with the id
	record *Record
}

func (c candidate) id() int64 { return c.at[len(c.at)-1].number }

// readPage finds the page; fresh is how many records the fresh end has for it.
func (f *finding) readPage(fresh int) ([]*Record, error) {
	var found []candidate
	var err error
	switch {
	case f.order.byID():
		found, err = f.walk(fresh)
	case slices.ContainsFunc(f.order, func(k orderKey) bool { return k.in == noColumn }):
		found, err = f.sortAll()
	default:
		found, err = f.best()
	}
	if err != nil {
		return nil, err
	}
	return f.records(found)
}

// candidates are records that come behind the page's beginning.
func (f *finding) candidates(records []*Record) (found []candidate) {
	for _, r := range records {
		if at := f.order.placeOf(r); f.begin == nil || f.order.compare(at, f.begin) > 0 {
			found = append(found, candidate{at, r})
		}
	}
	return found
}

// freshest gives the first records of the fresh end, or all where only we can sort them.
func (f *finding) freshest(limit, offset int) ([]candidate, error) {
	w := f.fresh()
	if f.order.folded() {
		records, err := readAll(f.q, w)
		return f.candidates(records), err
	}
	f.order.narrow(w, f.begin)
	records, err := readRecords(f.q, w, f.order, limit, offset)
	return f.candidates(records), err
}

// records reads what came from blocks by its ids.
func (f *finding) records(found []candidate) ([]*Record, error) {
	var ids []int64
	for _, c := range found {
		if c.record == nil {
			ids = append(ids, c.id())
		}
	}
	read, err := readByID(f.q, db.WhereAccount(f.account), ids)
	byID := map[int64]*Record{}
	for _, r := range read {
		byID[r.ID] = r
	}
	page := make([]*Record, 0, len(found))
	for _, c := range found {
		if c.record == nil {
			c.record = byID[c.id()]
		}
		if c.record != nil { // else it was deleted
			page = append(page, c.record)
		}
	}
	return page, err
}

// sortAll sorts all that is found by what only rows have, if that is not too much.
func (f *finding) sortAll() ([]candidate, error) {
	rows := 0
	var asks []ask
	for _, h := range f.hits {
		rows += h.rows
		asks = append(asks, newAsk(h.block, h.rest, setOf(column.ID)))
	}
	if rows+f.skip > oddAtMost {
		return nil, errTooMany
	}
	var ids []int64
	err := eachBlock(f.q, asks, func(_ ask, c *columns, rows []int32) error {
		for _, row := range rows {
			ids = append(ids, c[column.ID][row])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	settled, err := readByID(f.q, db.WhereAccount(f.account), ids)
	if err != nil {
		return nil, err
	}
	fresh, err := f.freshest(f.skip+f.size, 0)
	return f.cut(append(fresh, f.candidates(append(settled, f.odd...))...)), err
}

// cut sorts candidates and leaves the page.
func (f *finding) cut(all []candidate) []candidate {
	f.order.sort(all)
	all = all[min(f.skip, len(all)):]
	return all[:min(f.size, len(all))]
}

func (o order) sort(all []candidate) {
	slices.SortFunc(all, func(a, b candidate) int { return o.compare(a.at, b.at) })
}

// walk goes through the ids from the page's beginning, passing by whole blocks where
// more is to be skipped than they have.
func (f *finding) walk(fresh int) (found []candidate, err error) {
	left, want := f.skip, f.size
	for _, p := range f.parts(fresh) {
		if want == 0 {
			break
		}
		if f.begin == nil && p.rows <= left {
			left -= p.rows
			continue
		}
		some, err := f.readPart(p, left+want)
		if err != nil {
			return nil, err
		}
		skipped := min(left, len(some))
		some = some[skipped:min(skipped+want, len(some))]
		found, left, want = append(found, some...), left-skipped, want-len(some)
	}
	return found, nil
}

// part is a range of ids in which the search finds something; without a block it is
// the fresh end.
type part struct {
	hit
	odd  []*Record
	rows int // of both
}

// parts are the parts in the order of the page, from its beginning on.
func (f *finding) parts(fresh int) (parts []part) {
	at := 0
	for _, b := range f.shelf.blocks {
		p := part{hit: hit{block: b}}
		if at < len(f.hits) && f.hits[at].block == b {
			p.hit = f.hits[at]
			at++
		}
		for _, r := range f.odd {
			if b.first <= r.ID && r.ID <= b.last {
				p.odd = append(p.odd, r)
			}
		}
		if p.rows = p.hit.rows + len(p.odd); p.rows > 0 && f.reaches(b.first, b.last) {
			parts = append(parts, p)
		}
	}
	if fresh > 0 {
		parts = append(parts, part{rows: fresh})
	}
	if f.order[0].desc {
		slices.Reverse(parts)
	}
	return parts
}

// reaches tells whether any of the ids comes behind the page's beginning.
func (f *finding) reaches(first, last int64) bool {
	if f.begin == nil {
		return true
	}
	begin := f.begin[0].number
	return f.order[0].desc && first < begin || !f.order[0].desc && last > begin
}

// readPart gives the first records of a part, up to limit.
func (f *finding) readPart(p part, limit int) (found []candidate, err error) {
	if p.block == nil {
		return f.freshest(limit, 0)
	}
	if p.hit.rows > 0 {
		err = eachBlock(f.q, []ask{newAsk(p.block, p.rest, setOf(column.ID))}, func(_ ask, c *columns, rows []int32) error {
			found = f.nearest(c[column.ID], rows, limit)
			return nil
		})
	}
	found = append(found, f.candidates(p.odd)...)
	f.order.sort(found)
	return found, err
}

// nearest gives the first of a block's rows, which are in the order of their ids.
func (f *finding) nearest(ids []int64, rows []int32, limit int) (found []candidate) {
	if f.order[0].desc {
		slices.Reverse(rows)
	}
	for _, row := range rows {
		if len(found) == limit {
			break
		}
		if at := (place{{number: ids[row]}}); f.begin == nil || f.order.compare(at, f.begin) > 0 {
			found = append(found, candidate{at: at})
		}
	}
	return found
}
