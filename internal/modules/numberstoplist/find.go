package numberstoplist

import (
	"bytes"
	"strconv"
)

// A finder goes through the numbers in memory for those with some digits in them: a
// database takes fifty times as long.
type finder struct {
	part  []byte
	whole int64 // the digits as a number; 0 = no number has as many
	first []int64
	found int64
}

// find counts the entries that an account sees with these digits in them, as
// condition.part has it, and tells the first numbers of a few.
func (b *book) find(account int64, part string) found {
	f := finder{part: []byte(part)}
	f.whole, _ = strconv.ParseInt(part, 10, 64)
	lists := *b.lists.Load()
	for _, owner := range [...]int64{account, Global} {
		if l := lists[owner]; l != nil {
			l.single.each(func(n int64) { f.look(Range{n, n}) })
			for _, r := range l.ranges.Load().all {
				f.look(r)
			}
		}
	}
	if f.found > mostFew {
		return found{entries: f.found}
	}
	return found{entries: f.found, few: &few{"number_from", f.first}}
}

func (f *finder) look(r Range) {
	if !f.has(r.From) && (r.Single() || !f.has(r.To) && (f.whole < r.From || f.whole > r.To)) {
		return
	}
	if f.found++; f.found <= mostFew {
		f.first = append(f.first, r.From)
	}
}

func (f *finder) has(n int64) bool {
	var text [20]byte
	return bytes.Contains(strconv.AppendInt(text[:0], n, 10), f.part)
}
