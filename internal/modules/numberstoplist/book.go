package numberstoplist

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"sync/atomic"
)

// book is the whole list in memory. One goroutine at a time changes it while any number
// of others ask.
type book struct {
	lists atomic.Pointer[map[int64]*numbers] // by account; the map itself is never changed
}

// numbers are those of one account, or of Global.
type numbers struct {
	single *set
	ranges atomic.Pointer[ranges] // what it points to is never changed
}

// ranges are those that are on a list.
type ranges struct {
	all   []Range // in order
	spans []Range // what they cover, in order, no two of which touch
}

// change is an entry that came on the list or went.
type change struct {
	account int64
	numbers Range
	stopped bool
}

func newBook() *book {
	b := &book{}
	b.lists.Store(&map[int64]*numbers{})
	return b
}

func (b *book) stopped(account, n int64) bool {
	lists := *b.lists.Load()
	return lists[account].has(n) || lists[Global].has(n)
}

func (l *numbers) has(n int64) bool {
	if l == nil {
		return false
	}
	if l.single.has(n) {
		return true
	}
	spans := l.ranges.Load().spans
	i := sort.Search(len(spans), func(i int) bool { return spans[i].To >= n })
	return i < len(spans) && spans[i].From <= n
}

// apply makes changes, in their order. One that was made before does no harm.
func (b *book) apply(changes []change) {
	b.makeRoom(changes)
	lists := *b.lists.Load()
	changed := map[int64]map[Range]bool{} // ranges: those that come, and those that go, by account
	for _, c := range changes {
		l := lists[c.account]
		switch {
		case !c.numbers.Single():
			if changed[c.account] == nil {
				changed[c.account] = map[Range]bool{}
			}
			changed[c.account][c.numbers] = c.stopped
		case c.stopped:
			l.single.add(c.numbers.From)
		default:
			l.single.remove(c.numbers.From)
		}
	}
	for account, changed := range changed {
		lists[account].ranges.Store(lists[account].ranges.Load().with(changed))
	}
}

// makeRoom sees that the accounts of changes are in the map.
func (b *book) makeRoom(changes []change) {
	lists, ours := *b.lists.Load(), false
	for _, c := range changes {
		if lists[c.account] != nil {
			continue
		}
		if !ours {
			lists, ours = maps.Clone(lists), true
		}
		lists[c.account] = &numbers{single: newSet()}
		lists[c.account].ranges.Store(&ranges{})
	}
	if ours {
		b.lists.Store(&lists)
	}
}

// with are the ranges and those that are true, without those that are false.
func (r *ranges) with(changed map[Range]bool) *ranges {
	var come []Range
	for r, stopped := range changed {
		if stopped {
			come = append(come, r)
		}
	}
	slices.SortFunc(come, inOrder)
	all := make([]Range, 0, len(r.all)+len(come))
	for _, old := range r.all {
		for ; len(come) > 0 && inOrder(come[0], old) < 0; come = come[1:] {
			all = append(all, come[0])
		}
		if _, is := changed[old]; !is {
			all = append(all, old)
		}
	}
	all = append(all, come...)
	return &ranges{all, merged(all)}
}

func inOrder(a, b Range) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) }

// merged is what sorted ranges cover.
func merged(ranges []Range) []Range {
	spans := []Range{}
	for _, r := range ranges {
		last := len(spans) - 1
		if last >= 0 && r.From <= spans[last].To+1 {
			spans[last].To = max(spans[last].To, r.To)
			continue
		}
		spans = append(spans, r)
	}
	return slices.Clip(spans)
}
