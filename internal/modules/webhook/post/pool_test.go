package post

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// pipe gives a connection, and what tells whether it has been closed.
func pipe(host string) (*conn, func() bool) {
	ours, theirs := net.Pipe()
	c := newConn(place{"http", host}, ours, ours)
	return c, func() bool {
		_ = theirs.SetReadDeadline(time.Unix(1, 0))
		_, err := theirs.Read(make([]byte, 1))
		return errors.Is(err, io.EOF)
	}
}

func TestThePoolGivesTheConnectionUsedLastOnce(t *testing.T) {
	var p pool
	defer p.close()
	first, _ := pipe("a")
	last, _ := pipe("a")
	other, _ := pipe("b")
	for _, c := range []*conn{first, last, other} {
		p.put(c)
	}
	for i, want := range []*conn{last, first, nil} {
		if got := p.take(first.place); got != want {
			t.Errorf("%d: got another", i)
		}
	}
	if p.take(place{"https", "b"}) != nil || p.take(other.place) != other {
		t.Error("a place is a scheme and a host")
	}
}

func TestThePoolClosesWhatIsIdleForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pool
		old, oldClosed := pipe("a")
		used, usedClosed := pipe("b")
		p.put(old)
		p.put(used)
		<-time.After(idleTime / 2)
		p.put(p.take(used.place))
		<-time.After(idleTime * 3 / 4)
		synctest.Wait()
		if !oldClosed() || usedClosed() {
			t.Errorf("closed: the old one %t, the one used since %t", oldClosed(), usedClosed())
		}
		<-time.After(2 * idleTime)
		synctest.Wait()
		if !usedClosed() || len(p.places) > 0 || p.sweep != nil {
			t.Errorf("left: %v", p.places)
		}
	})
}

func TestThePoolIsBounded(t *testing.T) {
	t.Run("for a place the newest goes", func(t *testing.T) {
		var p pool
		defer p.close()
		for i := range idlePerPlace + 1 {
			c, closed := pipe("a")
			if p.put(c); closed() != (i == idlePerPlace) {
				t.Errorf("number %d: closed %t", i, closed())
			}
		}
	})
	t.Run("in all the one goes that is idle longest", func(t *testing.T) {
		var p pool
		defer p.close()
		oldest, closed := pipe("first")
		p.put(oldest)
		for i := range idleInAll {
			if closed() {
				t.Fatalf("closed for number %d", i)
			}
			c, _ := pipe(fmt.Sprint(i))
			p.put(c)
		}
		if !closed() || p.take(oldest.place) != nil {
			t.Error("the oldest is kept")
		}
	})
}

func TestAClosedPoolKeepsNothing(t *testing.T) {
	var p pool
	before, beforeClosed := pipe("a")
	p.put(before)
	p.close()
	p.close()
	after, afterClosed := pipe("a")
	p.put(after)
	if !beforeClosed() || !afterClosed() || p.take(after.place) != nil {
		t.Errorf("closed: %t, %t", beforeClosed(), afterClosed())
	}
}
