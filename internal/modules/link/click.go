package link

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// flushEvery is how often clicks are written, and so how many of them a crash loses.
const flushEvery = 500 * time.Millisecond

// maxCounts bounds the memory of what could not be written yet. Past it, clicks on links
// that wait already count for the last minute there is of them, and not for recipients
// that do not wait; clicks on other links are not counted.
const maxCounts = 200_000

// count is how often something was clicked on, and how often by people.
type count struct{ clicks, redirects int64 }

func (c count) plus(d count) count { return count{c.clicks + d.clicks, c.redirects + d.redirects} }

// minuteOf is a link in a minute of the clock on its account's wall, counted from
// 1970-01-01 00:00 there.
type minuteOf struct{ link, minute int64 }

// counts are clicks that are not written yet.
type counts struct {
	links map[minuteOf]count
	last  map[int64]int64  // minute there is, by link
	codes map[string]count // of recipients
}

func noCounts() counts { return counts{map[minuteOf]count{}, map[int64]int64{}, map[string]count{}} }

func (c counts) addLink(key minuteOf, n count) {
	c.links[key] = c.links[key].plus(n)
	if last, known := c.last[key.link]; !known || last < key.minute {
		c.last[key.link] = key.minute
	}
}

func (c counts) addCode(code string, n count) { c.codes[code] = c.codes[code].plus(n) }

func (c counts) full() bool { return len(c.links)+len(c.codes) >= maxCounts }

// count adds clicks within the bound; code is "" where they are nobody's.
func (c counts) count(key minuteOf, code string, n count) {
	if _, known := c.links[key]; !known && c.full() {
		last, known := c.last[key.link]
		if !known {
			return
		}
		key.minute = last
	}
	c.addLink(key, n)
	c.countCode(code, n)
}

func (c counts) countCode(code string, n count) {
	if _, known := c.codes[code]; code != "" && (known || !c.full()) {
		c.addCode(code, n)
	}
}

// counter gathers clicks until they are written.
type counter struct {
	mu      sync.Mutex
	waiting counts
}

func newCounter() *counter { return &counter{waiting: noCounts()} }

// count notes a click, by the clock of a zone.
func (c *counter) count(t *target, nowMs int64, zone *time.Location, person bool) {
	n := count{clicks: 1}
	if person {
		n.redirects = 1
	}
	code := ""
	if t.personal {
		code = t.code
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting.count(minuteOf{t.link, wallMinute(nowMs, zone)}, code, n)
}

func (c *counter) take() counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.waiting
	c.waiting = noCounts()
	return taken
}

// putBack keeps what could not be written for the next time, and what was counted
// meanwhile as far as there is room.
func (c *counter) putBack(taken counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	meanwhile := c.waiting
	c.waiting = taken
	for key, n := range meanwhile.links {
		c.waiting.count(key, "", n)
	}
	for code, n := range meanwhile.codes {
		c.waiting.countCode(code, n)
	}
}

// wallMinute is an instant on the clock of a zone.
func wallMinute(ms int64, zone *time.Location) int64 {
	at := time.UnixMilli(ms).In(zone)
	_, offset := at.Zone()
	return (at.Unix() + int64(offset)) / 60
}

// clicksService writes the clicks, the last ones when it stops.
func (m *Module) clicksService() run.Service {
	return &clicks{m, run.NewLoop("clicks", flushEvery, m.Logger, m.Flush)}
}

type clicks struct {
	m *Module
	*run.Loop
}

func (c *clicks) Stop(ctx context.Context) error {
	if err := c.Loop.Stop(ctx); err != nil {
		return err
	}
	return c.m.Flush(ctx)
}

// flushChunk links or codes are six rows each at most: what one transaction counts.
const flushChunk = 150

// Flush writes what was counted: link by link, or what is on too many links for that as a
// batch, to be folded. What fails waits for the next time. Once the module has stopped, who
// has gone on leading people calls it.
func (m *Module) Flush(ctx context.Context) error {
	taken := m.counter.take()
	t := taken.sorted()
	var err error
	switch {
	case t.len() == 0:
	case t.len() <= flushChunk:
		err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) error { return writeClicks(tx, t) })
	default:
		err = m.keepBatch(ctx, t)
	}
	if err != nil {
		m.counter.putBack(taken)
		return fmt.Errorf("write clicks: %w", err)
	}
	return nil
}
