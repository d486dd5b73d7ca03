//go:build failpoint

package main

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
)

// place is a segment as carrier and database both know it: in a torture no two
// messages go to one number.
type place struct {
	to  string
	seg int
}

// wire is what the carrier took: how often it took each segment.
type wire struct {
	mu    sync.Mutex
	taken map[place]int
}

func newWire() *wire { return &wire{taken: map[place]int{}} }

func (w *wire) note(s smsc.Submit) {
	if s.Status != smpp.StatusOK || s.Cut {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken[place{s.To, s.Part}]++
}

func (w *wire) counts() map[place]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.taken)
}

// Parts are the segments of two messages of three; the third has one.
const longParts = 10

// composeApart makes a client's ith message, to a number of its own. The last two
// digits of that are none of the simulator's special outcomes. The long ones see to
// it that more segments are accepted than the carrier takes, so that its window fills.
func composeApart(client, i int) (to, text string) {
	to, text = fmt.Sprintf("7705%05d%02d", i, 20+client), fmt.Sprintf("message %d of client %d", i, client)
	if i%3 > 0 {
		text += strings.Repeat(".", 153*longParts-len(text))
	}
	return to, text
}

// doubts are the intents that were live when the server was killed, over all kills.
type doubts map[doubt]bool

type doubt struct {
	place
	attempt int
}

// add reads the intents that are live now and counts those that no earlier life has
// left: what a dead life left stays live until its heir has committed the doubt.
func (ds doubts) add(q *db.Reader) (fresh int, err error) {
	known := len(ds)
	err = q.Query(`SELECT recipient, seg, attempt FROM pending WHERE status = 1 AND attempt > doubt`, func(rows db.Row) error {
		var d doubt
		err := rows.Scan(&d.to, &d.seg, &d.attempt)
		ds[d] = true
		return err
	})
	return len(ds) - known, err
}

// of tells how often each segment was in doubt.
func (ds doubts) of() map[place]int {
	times := map[place]int{}
	for d := range ds {
		times[d.place]++
	}
	return times
}

// recipients are the numbers whose messages have had a segment in doubt.
func (ds doubts) recipients() map[string]bool {
	numbers := map[string]bool{}
	for d := range ds {
		numbers[d.to] = true
	}
	return numbers
}
