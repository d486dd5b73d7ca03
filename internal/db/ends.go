package db

import (
	"maps"
	"time"
)

// Ends remember where the pages of lists ended, so that the next one goes on from
// there: it neither overlaps nor skips when records were added, and nothing is read
// twice. They are this process's own; without, a page is found by counting. P is a
// place in a list's order. Ends are safe for concurrent use.
type Ends[P any] struct {
	recent *Recent[SearchKey, pageEnds[P]]
}

// pageEnds are the ends of one search's pages.
type pageEnds[P any] map[int]pageEnd[P]

type pageEnd[P any] struct {
	at    P
	known time.Time
}

const (
	// keptEnds bounds the memory to about 20 MB.
	keptEnds = 50_000
	// pagesKept bounds the pages of one search.
	pagesKept = 100
	// endsFor is how long a page that was read is taken for the one before.
	endsFor = 10 * time.Minute
)

// NewEnds knows of no page yet.
func NewEnds[P any]() Ends[P] {
	return Ends[P]{NewRecent[SearchKey](keptEnds, func(p pageEnds[P]) int { return 1 + len(p) })}
}

// Before gives the end of the nearest page before a page of a search, counted from 0,
// and how many pages lie between. Search is that of one with pages of this size. Without a
// known end the place is the zero P, and all pages before this one lie between.
func (e Ends[P]) Before(search SearchKey, page int, now time.Time) (at P, between int) {
	nearest := -1
	known, _ := e.recent.Get(search)
	for n, end := range known {
		if n < page && n > nearest && now.Sub(end.known) < endsFor {
			nearest, at = n, end.at
		}
	}
	return at, page - nearest - 1
}

// Remember notes where a full page ended.
func (e Ends[P]) Remember(search SearchKey, page int, at P, now time.Time) {
	known, _ := e.recent.Get(search)
	if len(known) >= pagesKept {
		known = nil
	}
	known = maps.Clone(known)
	if known == nil {
		known = pageEnds[P]{}
	}
	known[page] = pageEnd[P]{at, now}
	e.recent.Put(search, known)
}
