package link

import (
	"strconv"
	"testing"
	"time"
)

// TestWhatCanNotBeWrittenIsBoundedAndLosesNoClickOfAKnownLink: a link has counts already when
// the database goes away, in a minute that is long over when the memory is full.
func TestWhatCanNotBeWrittenIsBoundedAndLosesNoClickOfAKnownLink(t *testing.T) {
	c := newCounter()
	hot := &target{link: 1}
	clicks := int64(0)
	click := func(minute int64) {
		clicks++
		c.count(hot, minute*60_000, time.UTC, true)
	}
	click(0)
	for i := range int64(maxCounts) {
		click(i / 1000)
		personal := &target{link: 2 + i/10, code: strconv.FormatInt(i, 36), personal: true}
		c.count(personal, i*60, time.UTC, true)
		if i%50_000 == 0 { // a try to write fails while people go on clicking
			taken := c.take()
			click(i / 1000)
			c.count(personal, i*60, time.UTC, true)
			c.putBack(taken)
		}
	}
	click(1_000_000)
	w := c.take()
	if n := len(w.links) + len(w.codes); n != maxCounts {
		t.Errorf("%d counts wait, want %d", n, maxCounts)
	}
	counted := count{}
	for key, n := range w.links {
		if key.link == hot.link {
			counted = counted.plus(n)
		}
	}
	if counted != (count{clicks, clicks}) {
		t.Errorf("%+v were counted of %d clicks", counted, clicks)
	}
}
