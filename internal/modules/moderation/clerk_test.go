package moderation_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func approved(id int64) moderation.Ended {
	return moderation.Ended{CampaignID: id, Single: true, Standing: moderation.Ready}
}

// TestTwoClerksCarryADecisionOutOnce, for each case of its text, whoever is faster.
func TestTwoClerksCarryADecisionOutOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var want []moderation.Ended
		for id := range int64(150) { // more than one look reads
			w.open(id+1, ann, "Hi")
			want = append(want, approved(id+1))
		}
		w.open(1000, ann, "Ho")
		w.ok(w.Approve(t.Context(), 1))
		for _, node := range []*world{w, w.node()} {
			w.start(node.clerk())
		}
		w.once(want...)
		for _, e := range want {
			testkit.Eventually(t, patience, func() error {
				if n := w.carrier.heard(e.CampaignID, true); n != 1 {
					return fmt.Errorf("case %d heard %d times that it was carried out", e.CampaignID, n)
				}
				return nil
			})
		}
	})
}

// TestADecisionIsCarriedOutAfterACrash: it was made while no server ran, and what the
// first attempt had written was not committed.
func TestADecisionIsCarriedOutAfterACrash(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.open(10, ann, "Hi")
		w.open(11, ann, "Hi")
		w.ok(w.Decline(t.Context(), 10, "No"))
		w.carrier.failing[10] = true
		if err := w.clerk().Work(t.Context()); !errors.Is(err, errFailing) {
			t.Fatalf("the first attempt ends with %v", err)
		}
		declined := moderation.Ended{CampaignID: 11, Single: true, Standing: moderation.Declined, Comment: "No"}
		w.once(declined) // one that fails is in nobody's way
		if w.carrier.heard(10, false) != 1 || w.carrier.heard(10, true) != 0 {
			t.Errorf("the errand that failed heard %v", w.carrier.over[10])
		}
		restarted := w.node()
		w.start(restarted.clerk())
		again := declined
		again.CampaignID = 10
		w.once(declined, again)
	})
}

// TestACaseThatMissedItsDecisionIsCarriedOut: it was judged before, and opened after.
func TestACaseThatMissedItsDecisionIsCarriedOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		clerk := w.clerk()
		w.approve(10, ann, "Hi")
		w.ok(clerk.Work(t.Context()))
		w.start(w.watcher)
		w.start(clerk)
		w.open(11, ann, "Hi")
		w.once(approved(10), approved(11))
	})
}

// TestACaseThatIsOpenedMeanwhileIsCarriedOutToo, though the clerk has passed its place.
func TestACaseThatIsOpenedMeanwhileIsCarriedOutToo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.carrier.ready = func(id int64) {
			if id == 10 {
				w.open(5, ann, "Hi")
			}
		}
		w.approve(10, ann, "Hi")
		w.ok(w.clerk().Work(t.Context()))
		w.once(approved(5), approved(10))
	})
}

func TestADecisionElsewhereIsCarriedOutWithinASecond(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.open(10, ann, "Hi")
		w.start(w.watcher)
		w.start(w.clerk())
		w.ok(w.node().Approve(t.Context(), 10))
		w.once(approved(10))
	})
}

func TestASingleMessageDoesNotWaitForEver(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		clerk := w.clerk()
		w.open(10, ann, "Hi")
		w.open(11, bob, "Hi")
		w.ask(moderation.Case{CampaignID: 12, AccountID: ann, Text: "Hi", Recipients: 5})
		w.write(func(tx *db.Tx) error { return w.Withdraw(tx, 11) })
		w.clock.Advance(moderation.Patience - time.Millisecond)
		w.ok(clerk.Work(t.Context()))
		w.once()
		w.clock.Advance(time.Millisecond)
		w.ok(clerk.Work(t.Context()))
		tooLong := moderation.Ended{CampaignID: 10, Single: true, Standing: moderation.WaitingModerator}
		w.once(tooLong)

		w.ok(w.Approve(t.Context(), 10)) // the campaign still waits
		w.ok(clerk.Work(t.Context()))
		w.once(tooLong, moderation.Ended{CampaignID: 12, Standing: moderation.Ready})
	})
}

// TestWhatNobodyWaitsForIsNotListed, and may be decided on all the same.
func TestWhatNobodyWaitsForIsNotListed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.open(10, ann, "Hi")
		w.write(func(tx *db.Tx) error { return errors.Join(w.Withdraw(tx, 10), w.Withdraw(tx, 99)) })
		if all, err := w.Waiting(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("there wait %+v, %v", all, err)
		}
		w.ok(w.Approve(t.Context(), 10))
		w.ok(w.clerk().Work(t.Context()))
		w.once()
	})
}

// model is what the module ought to know.
type model struct {
	*world
	random  *rand.Rand
	open    map[int64]string            // cases that wait, and their texts
	decided map[string]moderation.Ended // texts
	ended   map[string]int              // as carried gives it
}

// any is one of the cases that wait, if there are any.
func (m *model) any() (id int64, text string, ok bool) {
	if len(m.open) == 0 {
		return 0, "", false
	}
	ids := slices.Sorted(maps.Keys(m.open))
	id = ids[m.random.IntN(len(ids))]
	return id, m.open[id], true
}

func (m *model) decideOne() {
	id, text, ok := m.any()
	if _, before := m.decided[text]; !ok || before {
		return
	}
	e := moderation.Ended{Single: true, Standing: moderation.Ready}
	if m.random.IntN(2) == 0 {
		e.Standing, e.Comment = moderation.Declined, "No "+text
		m.ok(m.Decline(m.t.Context(), id, e.Comment))
	} else {
		m.ok(m.Approve(m.t.Context(), id))
	}
	m.decided[text] = e
}

func (m *model) withdrawOne() {
	if id, _, ok := m.any(); ok {
		m.write(func(tx *db.Tx) error { return m.Withdraw(tx, id) })
		delete(m.open, id)
	}
}

// carryOut has one errand fail, and then none.
func (m *model) carryOut(clerk *moderation.Clerk) {
	id, _, _ := m.any()
	m.carrier.failing = map[int64]bool{id: true}
	if err := clerk.Work(m.t.Context()); err != nil && !errors.Is(err, errFailing) {
		m.t.Fatal(err)
	}
	m.carrier.failing = map[int64]bool{}
	m.ok(clerk.Work(m.t.Context()))
	for id, text := range m.open {
		if e, decided := m.decided[text]; decided {
			e.CampaignID = id
			m.ended[trace(e)] = 1
			delete(m.open, id)
		}
	}
	if got := m.carried(); !maps.Equal(got, m.ended) {
		m.t.Fatalf("carried out %v, want %v", got, m.ended)
	}
}

// TestEachCaseEndsOnceAndAsWasDecided whatever comes in which order.
func TestEachCaseEndsOnceAndAsWasDecided(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := &model{w, rand.New(rand.NewPCG(5, 13)), map[int64]string{}, map[string]moderation.Ended{}, map[string]int{}}
		clerk := w.clerk()
		for id := int64(1); id <= 200; id++ {
			switch m.random.IntN(6) {
			case 0, 1, 2:
				text := fmt.Sprint(m.random.IntN(20))
				w.open(id, ann, text)
				m.open[id] = text
			case 3:
				m.decideOne()
			case 4:
				m.withdrawOne()
			case 5:
				m.carryOut(clerk)
			}
		}
		m.carryOut(clerk)
		if len(m.ended) < 20 {
			t.Errorf("only %d cases were carried out", len(m.ended))
		}
	})
}
