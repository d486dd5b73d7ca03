package message

import (
	"cmp"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// best finds the first records of an order that blocks know: block after block, those
// with the best to offer first, until none has anything better than what was found.
func (f *finding) best() ([]candidate, error) {
	want := f.skip + f.size
	if want > oddAtMost {
		return nil, errTooMany
	}
	fresh, err := f.freshest(want, 0)
	if err != nil {
		return nil, err
	}
	t := &top{order: f.order, want: want, found: append(fresh, f.candidates(f.odd)...)}
	t.cut()
	for _, o := range f.offers() {
		if t.full() && o.after(f.order, t.worst) {
			break
		}
		if err := f.take(o.hit, t); err != nil {
			return nil, err
		}
		if len(t.found) > t.want+t.want/8 {
			t.cut() // so that worst is of nearly all so far
		}
	}
	return f.cut(t.found), nil
}

// take offers the rows of a block to the top.
func (f *finding) take(h hit, t *top) error {
	names := setOf(column.ID)
	for _, key := range f.order {
		names |= 1 << key.in
	}
	return eachBlock(f.q, []ask{newAsk(h.block, h.rest, names)}, func(a ask, c *columns, rows []int32) error {
		at, first := make(place, len(f.order)), f.order[0]
		for _, row := range rows {
			at[0] = first.value(a.block, c[first.in][row])
			if t.full() && first.sign(compareValues(at[0], t.worst[0])) > 0 {
				continue
			}
			for i, key := range f.order {
				at[i] = key.value(a.block, c[key.in][row])
			}
			if f.begin == nil || f.order.compare(at, f.begin) > 0 {
				t.add(at)
			}
		}
		return nil
	})
}

// value is a key's value as a column has it.
func (k orderKey) value(b *block, v int64) sortValue {
	switch k.in {
	case column.From:
		return sortValue{text: b.Sender(v)}
	case column.Status:
		return sortValue{number: v & statusBits}
	default:
		return sortValue{number: v}
	}
}

// top keeps the first of the candidates that it is given.
type top struct {
	order order
	want  int
	found []candidate
	worst place // of those wanted; nil while there are too few
}

func (t *top) full() bool { return t.worst != nil }

// add takes a candidate, of which it keeps a copy, unless there are enough better.
func (t *top) add(at place) {
	if t.full() && t.order.compare(at, t.worst) >= 0 {
		return
	}
	t.found = append(t.found, candidate{at: slices.Clone(at)})
	if len(t.found) >= 2*t.want+100 {
		t.cut()
	}
}

func (t *top) cut() {
	t.order.sort(t.found)
	if len(t.found) >= t.want {
		t.found = t.found[:t.want]
		t.worst = t.found[t.want-1].at
	}
}

// offer is the best that a block may have: the first key's value, and the id where
// that is all that decides besides.
type offer struct {
	hit
	best sortValue
	id   int64
}

// offers are the blocks with anything behind the page's beginning, the best first.
func (f *finding) offers() (offers []offer) {
	for _, h := range f.hits {
		if o, ok := f.offer(h); ok {
			offers = append(offers, o)
		}
	}
	slices.SortFunc(offers, func(a, b offer) int {
		return cmp.Or(f.order[0].sign(compareValues(a.best, b.best)), f.order[1].sign(cmp.Compare(a.id, b.id)))
	})
	return offers
}

// after tells whether all the block has comes after a place.
func (o offer) after(order order, worst place) bool {
	c := order[0].sign(compareValues(o.best, worst[0]))
	if c == 0 && len(order) == 2 {
		c = order[1].sign(cmp.Compare(o.id, worst[1].number))
	}
	return c > 0
}

// offer finds a block's best value from which something is left.
func (f *finding) offer(h hit) (best offer, ok bool) {
	for _, v := range f.values(h) {
		o := offer{hit: h, best: v, id: h.first}
		if f.order[len(f.order)-1].desc {
			o.id = h.last
		}
		if f.begin != nil && o.best == f.begin[0] && len(f.order) == 2 && !f.reachesByID(&o) {
			continue
		}
		if !ok || f.order[0].sign(compareValues(o.best, best.best)) < 0 {
			best, ok = o, true
		}
	}
	return best, ok
}

// reachesByID narrows an offer of the very value at the page's beginning to the ids
// behind it; ok is false when the block has none.
func (f *finding) reachesByID(o *offer) (ok bool) {
	begin := f.begin[1].number
	if f.order[1].desc {
		o.id = min(o.id, begin-1)
	} else {
		o.id = max(o.id, begin+1)
	}
	return o.first <= o.id && o.id <= o.last
}

// values are values of the first key that bound what a block has from the page's
// beginning on: all it has, where they are counted.
func (f *finding) values(h hit) (found []sortValue) {
	key, stats := f.order[0], h.Columns[f.order[0].in]
	behind := func(v sortValue) bool { return f.begin == nil || key.sign(compareValues(v, f.begin[0])) >= 0 }
	add := func(v sortValue) {
		if behind(v) {
			found = append(found, v)
		}
	}
	if stats.Counts != nil {
		for _, c := range stats.Counts {
			if key.in != column.Status || c.Value != unsettled {
				add(key.value(h.block, c.Value))
			}
		}
		return found
	}
	if stats.Unset > 0 {
		add(sortValue{})
	}
	least, most := key.value(h.block, stats.Least), key.value(h.block, stats.Most)
	add(least)
	add(most)
	if f.begin != nil && key.sign(compareValues(least, f.begin[0]))*key.sign(compareValues(most, f.begin[0])) < 0 {
		add(f.begin[0]) // which lies between them
	}
	return found
}
