package post

import (
	"container/list"
	"maps"
	"slices"
	"sync"
	"time"
)

// Bounds of what is kept.
const (
	idlePerPlace = 64
	idleInAll    = 1024
	idleTime     = time.Minute
)

// pool keeps idle connections. The zero value is ready for use.
type pool struct {
	mu     sync.Mutex
	places map[place][]*conn // those idle longest first
	order  list.List         // all of them as *conn, in the same order
	sweep  *time.Timer       // nil while there are no places
	closed bool
}

// take gives the connection that was used last; nil where there is none.
func (p *pool) take(at place) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.places[at]
	if len(idle) == 0 {
		return nil
	}
	last := len(idle) - 1
	c := idle[last]
	p.places[at] = slices.Delete(idle, last, last+1)
	p.order.Remove(c.kept)
	return c
}

// put keeps a connection. Where there are too many, one is closed.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	surplus := p.add(c)
	p.mu.Unlock()
	if surplus != nil {
		surplus.close()
	}
}

// add gives the connection that has to go for this one, if one has to.
func (p *pool) add(c *conn) (surplus *conn) {
	idle := p.places[c.place]
	if p.closed || len(idle) == idlePerPlace {
		return c
	}
	if p.sweep == nil {
		p.places = map[place][]*conn{}
		p.sweep = time.AfterFunc(idleTime, p.expire)
	}
	c.since = time.Now()
	c.kept = p.order.PushBack(c)
	p.places[c.place] = append(idle, c)
	if p.order.Len() > idleInAll {
		return p.removeOldest()
	}
	return nil
}

func (p *pool) oldest() *conn {
	if front := p.order.Front(); front != nil {
		return front.Value.(*conn)
	}
	return nil
}

func (p *pool) removeOldest() *conn {
	c := p.oldest()
	p.order.Remove(c.kept)
	p.places[c.place] = slices.Delete(p.places[c.place], 0, 1)
	return c
}

// expire closes what nobody has used for a while, and forgets places without connections.
func (p *pool) expire() {
	for _, c := range p.expired() {
		c.close()
	}
}

func (p *pool) expired() (old []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := p.oldest(); c != nil && time.Since(c.since) >= idleTime; c = p.oldest() {
		old = append(old, p.removeOldest())
	}
	maps.DeleteFunc(p.places, func(_ place, idle []*conn) bool { return len(idle) == 0 })
	if len(p.places) > 0 {
		p.sweep.Reset(idleTime)
	} else {
		p.sweep = nil
	}
	return old
}

// close closes what is idle, and whatever is put from now on.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	all := slices.Concat(slices.Collect(maps.Values(p.places))...)
	p.places = nil
	p.order.Init()
	if p.sweep != nil {
		p.sweep.Stop()
	}
	p.mu.Unlock()
	for _, c := range all {
		c.close()
	}
}
