package message_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// smallShelves puts accounts with 60 messages on shelves, 20 to a block, at once.
func smallShelves() message.FillerConfig {
	return message.FillerConfig{BlockRows: 20, AtLeast: 60, Every: time.Hour, CheckAt: time.Minute}
}

// shelve has the world's module work with small shelves, and fills them.
func (w *world) shelve() {
	w.t.Helper()
	w.messages, w.door = w.assemble(smallShelves())
	w.fill()
}

// fill lets the filler do all there is to do.
func (w *world) fill() {
	w.t.Helper()
	for range 30 { // one round plans, the next one fills; late messages take one each
		w.ok(w.messages.Filler().Round(w.t.Context()))
	}
}

// shelved counts an account's messages in blocks, and how many of them may change.
func (w *world) shelved(a account) (blocks, unsettled, late int) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.One(`SELECT (SELECT count(*) FROM message_block WHERE account_id = $1),
			(SELECT CAST(coalesce(sum(unsettled), 0) AS bigint) FROM message_block WHERE account_id = $1),
			(SELECT count(*) FROM message_late WHERE account_id = $1)`, []any{a.id}, &blocks, &unsettled, &late)
	}))
	return blocks, unsettled, late
}

// TestShelvesFindWhatRowsDo walks random searches of an account whose messages stand
// on shelves but for a fresh end; some of them have settled since, some came late.
func TestShelvesFindWhatRowsDo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 4))
		a, other := w.account(nil), w.account(nil)
		held := w.heldIDs(10)
		records := w.randomRecords(random, a.id, 150)
		w.randomRecords(random, other.id, 150)
		w.shelve()
		if blocks, unsettled, _ := w.shelved(a); blocks != 7 || unsettled == 0 {
			t.Fatalf("%d blocks with %d unsettled messages, want 7 with some", blocks, unsettled)
		}
		records = append(records, w.randomRecords(random, a.id, 15)...)
		w.settleSome(random, records)
		records = append(records, w.late(random, a, held[:5])...)
		t.Run("while the shelves are behind", func(t *testing.T) { w.on(t).findsEverything(a, records) })
		w.clock.Advance(time.Minute)
		w.fill()
		if _, _, late := w.shelved(a); late != 0 {
			t.Errorf("%d late messages still miss in their block", late)
		}
		w.settleSome(random, records)
		t.Run("when they have caught up", func(t *testing.T) { w.on(t).findsEverything(a, records) })
	})
}

// TestWhatIsRememberedOfASearchSuitsItsOrder: sorted by status, unsettled messages
// are counted apart from blocks, and else with them.
func TestWhatIsRememberedOfASearchSuitsItsOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		w.randomRecords(rand.New(rand.NewPCG(2026, 11)), a.id, 200)
		w.shelve()
		for _, sort := range []string{"", "&sort[status]=ASC", "", "&sort[from]=ASC"} {
			if ids, total := w.all(a, "criteria[to]=77&criteria[from]=Bank"+sort+"&"); len(ids) != total || total == 0 {
				t.Errorf("%s: %d messages, %d on the pages", sort, total, len(ids))
			}
		}
	})
}

// on is the world in a subtest.
func (w *world) on(t *testing.T) *world {
	sub := *w
	sub.t = t
	return &sub
}

// heldIDs are ids that a node with little to do has not used yet.
func (w *world) heldIDs(n int) (ids []int64) {
	w.t.Helper()
	for range n {
		id, err := w.db.NextID(w.t.Context(), message.IDs)
		w.ok(err)
		ids = append(ids, id)
	}
	return ids
}

// late accepts messages with held ids.
func (w *world) late(random *rand.Rand, a account, ids []int64) (accepted []*message.Record) {
	w.t.Helper()
	for _, id := range ids {
		r := &message.Record{Message: message.Message{
			ID: id, AccountID: a.id, CampaignID: id, CreatedMs: w.clock.Now().UnixMilli(), Sender: pick(random, senders()),
			Recipient: pick(random, recipients()), Text: pick(random, texts()), Country: "RU", SegNum: 1, Status: message.Enqueued,
		}}
		w.ok(w.messages.Accept(w.t.Context(), &r.Message))
		accepted = append(accepted, r)
	}
	return accepted
}

// deliver ends the way of messages that are not final.
func (w *world) deliver(records []*message.Record) error {
	var changes []message.Change
	for _, r := range records {
		changes = append(changes, message.Change{ID: r.ID, Status: message.Delivered, AtMs: w.clock.Now().UnixMilli(), StartMs: r.CreatedMs})
	}
	return w.db.Write(context.Background(), db.Answers, func(tx *db.Tx) error { return w.messages.Settle(tx, changes) })
}

// settleSome ends the way of every third message that is not final.
func (w *world) settleSome(random *rand.Rand, records []*message.Record) {
	w.t.Helper()
	var changes []message.Change
	for i, r := range records {
		if i%3 != 0 || r.Status.Final() {
			continue
		}
		r.Status, r.StatusUpdateMs = message.Delivered+message.Status(random.IntN(5)), w.clock.Now().UnixMilli()
		if r.StartSendMs == 0 {
			r.StartSendMs = r.StatusUpdateMs
		}
		changes = append(changes, message.Change{ID: r.ID, Status: r.Status, AtMs: r.StatusUpdateMs, StartMs: r.StartSendMs})
	}
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Settle(tx, changes) }))
}

// TestPagesNeitherOverlapNorSkipWhileMessagesAreAdded, whether the rows stand on
// shelves or not.
func TestPagesNeitherOverlapNorSkipWhileMessagesAreAdded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 5))
		w.shelve()
		for _, shelved := range []bool{false, true} {
			for _, sort := range []string{"", "&sort[id]=ASC", "&sort[segNum]=ASC", "&sort[from]=DESC", "&sort[text]=ASC"} {
				a := w.account(nil)
				want := idsOf(w.randomRecords(random, a.id, 130))
				if shelved {
					w.messages, w.door = w.assemble(smallShelves()) // it looks for large accounts as it begins
					w.fill()
				}
				var got []string
				for page := 0; len(got) < len(want) || page == 0; page++ {
					some := w.page(a, sort, page)
					if len(some) == 0 {
						break
					}
					got = append(got, slices.DeleteFunc(some, func(id string) bool { return !slices.Contains(want, id) })...)
					if page < 20 {
						w.randomRecords(random, a.id, 3)
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("shelved %t%s: found %v\nwant %v", shelved, sort, got, want)
				}
			}
		}
	})
}

func (w *world) page(a account, query string, page int) (ids []string) {
	w.t.Helper()
	var list struct{ Items []struct{ ID string } }
	w.get(a, "message/list", fmt.Sprintf("pagination[pageSize]=10&pagination[currentPage]=%d%s", page, query), api.CodeOK, &list)
	for _, item := range list.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

// TestAFillerGoesOnWhereAnotherEnded: what a dead process had put on shelves stays,
// the next one does the rest, and two at once spoil nothing.
func TestAFillerGoesOnWhereAnotherEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 6))
		a := w.account(nil)
		records := w.randomRecords(random, a.id, 100)
		w.shelve()
		first := w.messages
		records = append(records, w.randomRecords(random, a.id, 100)...)
		second, _ := w.assemble(smallShelves())
		for range 4 {
			done := make(chan error, 2)
			for _, node := range []*message.Module{first, second} {
				go func() { done <- node.Filler().Round(t.Context()) }()
			}
			w.ok(<-done)
			w.ok(<-done)
		}
		w.messages, w.door = w.assemble(smallShelves())
		w.fill()
		if blocks, _, _ := w.shelved(a); blocks != 10 {
			t.Errorf("%d blocks of 20 for 200 messages", blocks)
		}
		if got := len(w.everyID(a)); got != len(records) {
			t.Errorf("%d of %d messages found", got, len(records))
		}
	})
}

func (w *world) everyID(a account) (ids []string) {
	w.t.Helper()
	for page := 0; ; page++ {
		some := w.page(a, "", page)
		if len(some) == 0 {
			return slices.Compact(ids)
		}
		ids = append(ids, some...)
	}
}

// TestAMessageThatComesLateIsFoundAtOnce: an id from below the horizon, committed by
// a node that does not fill, after the block it belongs to was made.
func TestAMessageThatComesLateIsFoundAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 7))
		a := w.account(nil)
		held := w.heldIDs(1)
		w.randomRecords(random, a.id, 100)
		w.shelve()
		filler := w.messages
		w.messages, w.door = w.assemble(message.FillerConfig{Wait: time.Hour})
		w.ok(w.messages.Filler().Look(t.Context()))
		w.late(random, a, held)
		fresh := w.send(a, "79990000001", "Hi")
		for _, when := range []string{"at once", "on its shelf"} {
			if got := w.everyID(a); len(got) != 102 || got[0] != fresh || got[101] != strconv.FormatInt(held[0], 10) {
				t.Errorf("%s: %d messages, the oldest %s; want 102 with %d", when, len(got), got[len(got)-1], held[0])
			}
			if _, _, late := w.shelved(a); (late == 1) != (when == "at once") {
				t.Errorf("%s: %d late messages", when, late)
			}
			w.ok(filler.Filler().Round(t.Context()))
		}
	})
}

// TestABlockIsCountedAgain: should a row have slipped in without being noted, a
// minute later it is found.
func TestABlockIsCountedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 8))
		a := w.account(nil)
		id := w.heldIDs(1)[0]
		lost := &message.Record{Message: message.Message{ID: id, CampaignID: id, AccountID: a.id, Recipient: "77010000001"}}
		w.randomRecords(random, a.id, 100)
		w.shelve()
		w.insertAs(lost)
		if got := len(w.everyID(a)); got != 100 {
			t.Fatalf("%d messages: the case is none", got)
		}
		w.clock.Advance(time.Minute)
		w.fill()
		if got := len(w.everyID(a)); got != 101 {
			t.Errorf("%d of 101 messages", got)
		}
	})
}

// TestABlockForgetsMessagesThatWereRemoved from a draft, as if they had not been.
func TestABlockForgetsMessagesThatWereRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 12))
		a := w.account(nil)
		var removed []int64
		for _, r := range w.randomRecords(random, a.id, 200) {
			if r.Status == message.Created {
				removed = append(removed, r.ID)
			}
		}
		w.shelve()
		w.ok(w.db.Write(t.Context(), db.Background, func(tx *db.Tx) error { return w.messages.Remove(tx, a.id, removed) }))
		w.fill()
		for _, query := range []string{"", "sort[from]=ASC&", "criteria[status]=NEW&"} {
			want := 200 - len(removed)
			if query == "criteria[status]=NEW&" {
				want = 0
			}
			if ids, total := w.all(a, query); total != want || len(ids) != want {
				t.Errorf("%s: %d messages on the pages, of %d; want %d", query, len(ids), total, want)
			}
		}
	})
}

// TestListsAreWholeWhileBlocksAreMade: whatever the filler does between two looks of
// a search at the database, each message is found once.
func TestListsAreWholeWhileBlocksAreMade(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 10))
		a := w.account(nil)
		records := w.randomRecords(random, a.id, 300)
		w.messages, w.door = w.assemble(smallShelves())
		filled := make(chan error, 1)
		go func() {
			var err error
			for i := range 40 {
				err = errors.Join(err, w.messages.Filler().Round(t.Context()), w.deliver(records[i*7:i*7+7]))
				w.clock.Advance(time.Hour) // all blocks are looked at again
			}
			filled <- err
		}()
		for filling, looks := true, 0; filling || looks < 3; looks++ {
			for _, query := range []string{"", "sort[from]=ASC&", "sort[status]=ASC&"} {
				ids, total := w.all(a, query)
				moving := query == "sort[status]=ASC&" // from page to page
				if total != len(records) || len(ids) != len(records) && !moving {
					t.Fatalf("%s: %d different messages of %d, want %d", query, len(ids), total, len(records))
				}
			}
			select {
			case err := <-filled:
				w.ok(err)
				filling = false
			default:
			}
		}
	})
}

// all are the different messages on the pages of a list, and how many it says there are.
func (w *world) all(a account, query string) (ids map[string]bool, total int) {
	w.t.Helper()
	ids = map[string]bool{}
	for page := 0; ; page++ {
		var list struct {
			Items          []struct{ ID string }
			TotalItemCount int `json:",string"`
		}
		w.get(a, "message/list", fmt.Sprintf("%spagination[pageSize]=100&pagination[currentPage]=%d", query, page), api.CodeOK, &list)
		if len(list.Items) == 0 {
			return ids, total
		}
		total = list.TotalItemCount
		for _, item := range list.Items {
			ids[item.ID] = true
		}
	}
}
