package link_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
)

// many makes more links than are counted one by one, and a personal code of the first for each.
func (w *world) many(account int64) (all []*link.Link, personal []*link.Personal) {
	w.t.Helper()
	for i := range 2*link.FlushChunk + 50 {
		id, err := w.links.NextID(w.t.Context())
		w.ok(err)
		all = append(all, &link.Link{ID: id, AccountID: account, FullLink: fmt.Sprintf("https://a.example/%d", i), Status: link.Active, ModeratorStatus: link.Allowed})
		personal = append(personal, &link.Personal{LinkID: all[0].ID, MessageID: int64(1000 + i)})
	}
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		return errors.Join(w.links.Make(tx, all), w.links.MakePersonal(tx, personal))
	}))
	return all, personal
}

// clicked is what a test knows of the clicks it made.
type clicked struct {
	links map[int64]int64 // in all
	codes map[int64]int64 // by message
	days  map[int64]map[string]int
}

// TestClicksOnManyLinksAreCountedOnceWhateverHappens: whether they wait in batches, are
// sorted, half of them counted, by one node or by two at once, getStats tells of each
// click once at any time; and in the end so do the links and the recipients' codes.
func TestClicksOnManyLinksAreCountedOnceWhateverHappens(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		links, personal := w.many(1)
		seed := rand.Uint64()
		dice := rand.New(rand.NewPCG(seed, 0))
		t.Logf("seed %d", seed)
		is := clicked{map[int64]int64{}, map[int64]int64{}, map[int64]map[string]int{}}
		for range 4 {
			for range dice.IntN(2 * link.FlushChunk) {
				l, p := links[dice.IntN(len(links))], personal[dice.IntN(len(personal))]
				w.click(l.Code)
				w.click(p.Code)
				is.links[l.ID]++
				is.links[p.LinkID]++
				is.codes[p.MessageID]++
				day := w.clock.Now().Add(5 * time.Hour).Format(time.DateOnly)
				for _, id := range []int64{l.ID, p.LinkID} {
					if is.days[id] == nil {
						is.days[id] = map[string]int{}
					}
					is.days[id][day]++
				}
			}
			w.ok(w.links.Flush(t.Context()))
			w.checkStats(key, links[:2], is)
			switch dice.IntN(4) {
			case 0:
				w.ok(w.links.Fold(t.Context()))
			case 1: // and die
				w.ok(w.links.Sort(t.Context()))
				w.checkStats(key, links[:2], is)
				w.open()
			case 2:
				w.foldTwice(func() { w.checkStats(key, links[:2], is) })
			}
			w.checkStats(key, links[:2], is)
			w.clock.Advance(time.Duration(dice.IntN(20)) * time.Hour)
		}
		w.ok(w.links.Fold(t.Context()))
		w.checkTotals(is)
	})
}

// foldTwice folds on two nodes at once, and looks meanwhile.
func (w *world) foldTwice(look func()) {
	w.t.Helper()
	here := w.links
	w.open()
	var nodes sync.WaitGroup
	for _, node := range []*link.Module{here, w.links} {
		nodes.Go(func() {
			if err := node.Fold(w.t.Context()); err != nil {
				w.t.Error(err)
			}
		})
	}
	look()
	nodes.Wait()
}

func (w *world) checkStats(key string, links []*link.Link, is clicked) {
	w.t.Helper()
	for _, l := range links {
		s := w.stats(key, url.Values{"ids": {fmt.Sprint(l.ID)}, "type": {"daily"}})
		for _, row := range s.Items {
			want := any(float64(0))
			if n := is.days[l.ID][row["param"].(string)]; n > 0 {
				want = fmt.Sprint(n)
			}
			if row["clicks0"] != want {
				w.t.Errorf("link %d on %s: %v clicks, want %v", l.ID, row["param"], row["clicks0"], want)
			}
		}
	}
}

// checkTotals compares what is stored of each link and code.
func (w *world) checkTotals(is clicked) {
	w.t.Helper()
	compare := func(text string, want map[int64]int64) {
		w.t.Helper()
		w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
			return q.Query(text, func(row db.Row) error {
				var id, clicks, redirects int64
				err := row.Scan(&id, &clicks, &redirects)
				if clicks != want[id] || redirects != clicks {
					w.t.Errorf("%d: %d clicks, %d redirects, want %d (%s)", id, clicks, redirects, want[id], text)
				}
				return err
			})
		}))
	}
	compare(`SELECT id, clicks, redirects FROM short_link`, is.links)
	compare(`SELECT message_id, clicks, redirects FROM link_code WHERE message_id IS NOT NULL`, is.codes)
	var left int
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One(`SELECT count(*) FROM link_click_batch`, nil, &left) }))
	if left != 0 {
		w.t.Errorf("%d batches are left", left)
	}
}

// TestABatchThatCanNotBeReadIsToldAndInNobodysWay, be it sorted or not: others are counted
// all the same, getStats tells of them, and it is kept as it is.
func TestABatchThatCanNotBeReadIsToldAndInNobodysWay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		links, _ := w.many(1)
		spoil := func(body byte, part int) {
			w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE link_click_batch SET body = $1 WHERE part = $2`, []byte{255, body}, part)
				return err
			}))
		}
		clicks := func() {
			for _, l := range links {
				w.click(l.Code)
			}
			w.ok(w.links.Flush(t.Context()))
		}
		clicks()
		w.ok(w.links.Sort(t.Context()))
		spoil(255, 1)
		clicks()
		spoil(254, 0)
		clicks()
		last := links[len(links)-1] // in the last part of the first batch, and in the third
		s := w.stats(key, url.Values{"ids": {fmt.Sprint(last.ID)}, "type": {"monthly"}})
		if got := s.Totals["totalClicks0"]; got != 2 {
			t.Errorf("getStats tells of %v clicks, want 2", got)
		}
		if err := w.links.Fold(t.Context()); err == nil {
			t.Error("nobody was told")
		}
		var counted int
		var kept []byte
		w.ok(w.db.Read(t.Context(), func(q *db.Reader) error {
			return errors.Join(q.One(`SELECT CAST(sum(clicks) AS bigint) FROM short_link`, nil, &counted),
				q.Query(`SELECT body FROM link_click_batch ORDER BY id, part`, func(row db.Row) error {
					var body []byte
					err := row.Scan(&body)
					kept = append(kept, body...)
					return err
				}))
		}))
		if want := 2*len(links) - link.FlushChunk; counted != want || !bytes.Equal(kept, []byte{255, 255, 255, 254}) {
			t.Errorf("%d clicks counted, want %d; %v kept", counted, want, kept)
		}
	})
}
