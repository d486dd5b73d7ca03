package message

import (
	"fmt"
	"maps"
	"time"
)

// ends remember where pages ended, so that the next one goes on from there: it
// neither overlaps nor skips when messages were added, and nothing is read twice.
// They are this process's own; without, a page is found by counting.
type ends struct{ *recent[string, pageEnds] }

// pageEnds are the ends of one search's pages.
type pageEnds map[int]pageEnd

type pageEnd struct {
	at    place
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

func newEnds() ends {
	return ends{newRecent[string](keptEnds, func(p pageEnds) int { return 1 + len(p) })}
}

func (s *search) pages() string {
	key := fmt.Sprintf("%d %s", s.page.Size, s.key)
	for _, o := range s.order {
		key += fmt.Sprint(" ", o.column, o.desc)
	}
	return key
}

// before finds the end of the page before, or of the nearest one before that, and
// how many records lie between.
func (e ends) before(s *search) (at place, skip int) {
	nearest := -1
	known, _ := e.get(s.pages())
	for page, end := range known {
		if page < s.page.Current && page > nearest && s.now.Sub(end.known) < endsFor {
			nearest, at = page, end.at
		}
	}
	return at, (s.page.Current - nearest - 1) * s.page.Size
}

func (e ends) remember(s *search, at place) {
	key := s.pages()
	known, _ := e.get(key)
	if len(known) >= pagesKept {
		known = nil
	}
	known = maps.Clone(known)
	if known == nil {
		known = pageEnds{}
	}
	known[s.page.Current] = pageEnd{at, s.now}
	e.put(key, known)
}
