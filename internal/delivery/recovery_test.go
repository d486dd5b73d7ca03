package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// inState makes the row of a queued message's segment as if its life had come so
// far: attempt > doubt is a live intent.
func (w *world) inState(id int64, attempt, doubt int, status message.Status, ref any) {
	w.t.Helper()
	epoch := w.node.Epoch()
	if status != message.Enqueued {
		epoch = 0
	}
	now := w.clock.Now().UnixMilli()
	w.exec(`DELETE FROM queue WHERE message_id = $1`, id)
	w.exec(`INSERT INTO pending (message_id, seg, seg_num, carrier_id, recipient, sender, status, attempt, doubt, epoch, intent_ms, expires_ms, ref)
		SELECT id, 1, 1, (SELECT id FROM carrier WHERE name = 'north'), recipient, sender, $2, $3, $4, $5, $6, expires_ms, $7 FROM message WHERE id = $1`,
		id, int64(status), attempt, doubt, epoch, now, ref)
	if status != message.Enqueued {
		w.exec(`UPDATE message SET status = $2 WHERE id = $1`, id, int64(status))
	}
}

// TestEveryStateGoesOnAfterACrash prepares a message in each state in which a
// process can die, and lets the next life go on.
func TestEveryStateGoesOnAfterACrash(t *testing.T) {
	for policy, want := range map[delivery.Doubt]struct {
		submits int
		status  message.Status
	}{
		delivery.Resend: {1, message.Delivered},
		delivery.Wait:   {0, message.Enqueued},
		delivery.Fail:   {0, message.Undelivered},
	} {
		t.Run(string(policy), func(t *testing.T) {
			onCarrier(t, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Doubt = policy }, func(t *testing.T, w *world) {
				w.end(w.life, time.Second)
				w.open() // a life that accepts and comes no further
				held, unsent, live, twice, waits := w.send(number(1, 0), "a"), w.send(number(2, 0), "b"), w.send(number(3, 0), "c"), w.send(number(4, 0), "d"), w.send(number(5, 0), "e")
				w.inState(unsent, 0, 0, message.Enqueued, nil)
				w.inState(live, 1, 0, message.Enqueued, nil)
				w.inState(twice, 2, 1, message.Enqueued, nil)
				w.inState(waits, 1, 0, message.Accepted, "m0")
				w.crash()
				w.begin()
				for _, id := range []int64{held, unsent} {
					w.await(id, message.Delivered)
				}
				for _, id := range []int64{live, twice} {
					w.await(id, want.status)
				}
				w.await(waits, message.Accepted)
				w.adopted()
				submits := w.carrier.perHandset()
				for n, want := range []int{1: 1, 2: 1, 3: want.submits, 4: want.submits, 5: 0} {
					if got := submits[number(n, 0)]; n > 0 && got != want {
						t.Errorf("handset %d: %d submits, want %d", n, got, want)
					}
				}
				w.balanced()
			})
		})
	}
}

func onCarrier(t *testing.T, o option, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url, o)) })
}

// A process that dies between taking a dead one's segments over and settling them
// leaves live intents live.
func TestAnInterruptedAdoptionForgetsNoDoubt(t *testing.T) {
	onCarrier(t, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Doubt = delivery.Wait }, func(t *testing.T, w *world) {
		w.end(w.life, time.Second)
		w.open()
		id := w.send(number(1, 0), "hello")
		w.inState(id, 1, 0, message.Enqueued, nil)
		w.crash()
		w.open()
		w.ok(delivery.AdoptAndDie(w.delivery, t.Context()))
		w.crash()
		w.begin()
		w.adopted()
		w.idle()
		if n := w.carrier.perHandset()[number(1, 0)]; n != 0 {
			t.Errorf("what may have been sent was sent again, %d times", n)
		}
		if got := w.status(id); got != message.Enqueued {
			t.Errorf("%s, want in doubt", got)
		}
	})
}

// The process dies in the middle: each message is sent once, and what is neither
// delivered nor sent again is in doubt, within the windows.
func TestACrashUnderLoadDoublesNothingUnderWait(t *testing.T) {
	slow := func(c *delivery.Config, s *smsc.Config) {
		c.Carriers[0].Doubt, c.Carriers[0].Rate = delivery.Wait, 300
		s.ResponseDelay = 20 * time.Millisecond
	}
	onCarrier(t, slow, func(t *testing.T, w *world) {
		const messages, slots = 150, 40
		for i := range messages {
			w.send(number(i, 0), "hello")
		}
		testkit.Eventually(t, 10*time.Second, func() error {
			if n := w.carrier.submitted(); n < messages/3 {
				return fmt.Errorf("%d submitted", n)
			}
			return nil
		})
		w.crash()
		const inDoubt = `SELECT count(*) FROM pending WHERE status = 1 AND attempt > 0 AND attempt = doubt AND epoch = 0`
		w.begin()
		testkit.Eventually(t, 20*time.Second, func() error {
			if n := w.count(`SELECT (SELECT count(*) FROM message WHERE status = 4) + (` + inDoubt + `)`); n != messages {
				return fmt.Errorf("%d are delivered or in doubt, of %d", n, messages)
			}
			return nil
		})
		if n := w.count(inDoubt); n > slots {
			t.Errorf("%d in doubt, window × binds is %d", n, slots)
		}
		for to, n := range w.carrier.perHandset() {
			if n != 1 {
				t.Errorf("%s was sent to %d times", to, n)
			}
		}
		w.clock.Advance(25 * time.Hour)
		w.expireOnce()
		if err := w.none(`SELECT count(*) FROM message WHERE status < 4`, `SELECT count(*) FROM pending`, `SELECT count(*) FROM queue`); err != nil {
			t.Error(err)
		}
		w.balanced()
	})
}

func TestOnlyWhoHoldsAQueuedMessageSendsIt(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		c.close()
		c.cut()
		w.unbound()
		id := w.send(number(1, 0), "claimed by another node meanwhile")
		w.exec(`UPDATE queue SET epoch = $1 WHERE message_id = $2`, w.node.Epoch()+1, id)
		next := w.send(number(2, 0), "hello")
		c.open()
		if s := c.submit(); s.Dest.Addr != number(2, 0) {
			t.Fatalf("sent to %s, which another node holds", s.Dest.Addr)
		} else {
			c.respond(s, "A1", smpp.StatusOK)
		}
		w.await(next, message.Accepted)
		w.idle()
	})
}

func TestOnlyWhoHoldsASegmentArmsItAndOnlyOnce(t *testing.T) {
	for name, change := range map[string]string{
		"another node holds it":        `UPDATE pending SET epoch = epoch + 1 WHERE message_id = $1`,
		"an intent is live":            `UPDATE pending SET attempt = attempt + 1 WHERE message_id = $1`,
		"a receipt has ended it":       `UPDATE pending SET status = 4 WHERE message_id = $1`,
		"it was sent and given up too": `UPDATE pending SET attempt = attempt + 1, doubt = doubt + 1 WHERE message_id = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
				id := w.send(number(1, 0), "hello")
				c.submit()
				c.close()
				c.cut() // in doubt: to be sent again
				testkit.Eventually(t, 10*time.Second, func() error { return w.none(liveIntents) })
				w.exec(change, id)
				next := w.send(number(2, 0), "hello")
				c.open()
				if s := c.submit(); s.Dest.Addr != number(2, 0) {
					t.Fatalf("sent to %s again", s.Dest.Addr)
				} else {
					c.respond(s, "A1", smpp.StatusOK)
				}
				w.await(next, message.Accepted)
				w.idle()
			})
		})
	}
}

// Whatever comes in at the carrier has its live intent in the database already.
func TestIntentsAreDurableBeforeTheSubmit(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		check := func(s submitted, attempt int) {
			t.Helper()
			if n := w.count(`SELECT count(*) FROM pending WHERE recipient = $1 AND status = 1 AND attempt = $2 AND doubt = $2 - 1`, s.Dest.Addr, attempt); n != 1 {
				t.Errorf("%s came in without its intent", s.Dest.Addr)
			}
		}
		direct := w.send(number(1, 0), "with its intent in the accepting transaction")
		s := c.submit()
		check(s, 1)
		c.close()
		c.cut()
		w.unbound()
		queued := w.send(number(2, 0), "held, then in a wave")
		c.open()
		for i := range 2 {
			s := c.submit()
			check(s, map[string]int{number(1, 0): 2, number(2, 0): 1}[s.Dest.Addr])
			c.respond(s, fmt.Sprint("A", i), smpp.StatusOK)
		}
		w.await(direct, message.Accepted)
		w.await(queued, message.Accepted)
	})
}

func TestASegmentIsNotSubmittedWhileItsIntentIsNotCommitted(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		c.close()
		c.cut()
		w.unbound()
		id := w.send(number(1, 0), "hello")
		release := w.blockWriters()
		defer release()
		c.open()
		testkit.Eventually(t, 10*time.Second, func() error {
			if used, _ := delivery.SlotsInUse(w.delivery); used != 1 {
				return fmt.Errorf("%d slots are taken", used)
			}
			return nil
		})
		c.read()
		if n := len(c.submits); n != 0 {
			t.Errorf("%d submits before the commit of their intents", n)
		}
		release()
		c.respond(c.submit(), "A1", smpp.StatusOK)
		w.await(id, message.Accepted)
	})
}

func TestASlotIsFreeOnlyAfterTheCommitOfItsAnswer(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), "hello")
		s := c.submit()
		release := w.blockWriters()
		defer release()
		c.respond(s, "A1", smpp.StatusOK)
		c.read()
		if used, _ := delivery.SlotsInUse(w.delivery); used != 1 {
			t.Errorf("%d slots are taken before the commit, want 1", used)
		}
		release()
		w.await(id, message.Accepted)
		w.idle()
	})
}

func TestEachLostLinkMeansANewIntent(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), "hello")
		for range 2 {
			c.submit()
			c.cut()
		}
		s := c.submit()
		if n := w.count(`SELECT count(*) FROM pending WHERE message_id = $1 AND attempt = 3 AND doubt = 2`, id); n != 1 {
			t.Error("the third submit is not a third intent")
		}
		c.respond(s, "A1", smpp.StatusOK)
		w.await(id, message.Accepted)
		w.idle()
	})
}

// A node that was given up for dead, and whose segment another has sent again,
// must not end that intent when it learns that its own link is gone.
func TestAnIntentIsEndedOnlyByWhoHasIt(t *testing.T) {
	for _, policy := range []delivery.Doubt{delivery.Resend, delivery.Wait} {
		t.Run(string(policy), func(t *testing.T) {
			onWire(t, policy, func(t *testing.T, w *world, c *wire) {
				id := w.send(number(1, 0), "hello")
				c.submit()
				w.exec(`UPDATE pending SET epoch = epoch + 1, attempt = 2, doubt = 1 WHERE message_id = $1`, id)
				c.cut()
				w.idle() // it has learnt that
				w.await(w.sendAndTake(c, number(2, 0)), message.Accepted)
				w.idle()
				if n := w.count(`SELECT count(*) FROM pending WHERE message_id = $1 AND attempt = 2 AND doubt = 1 AND epoch = $2`, id, w.node.Epoch()+1); n != 1 {
					t.Error("the other node's intent was ended")
				}
			})
		})
	}
}

func TestTheSegmentsOfALongMessageKeepToTheWindow(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		c := newWire(t)
		w := newWorld(t, url, c.carries(3, delivery.Resend))
		id := w.send(number(1, 0), strings.Repeat("x", 153*8))
		for i := range 8 {
			s := c.submit()
			if used, _ := delivery.SlotsInUse(w.delivery); used > 3 {
				t.Fatalf("%d slots are taken of a window of 3", used)
			}
			if live := w.count(liveIntents); live > 3 {
				t.Fatalf("%d live intents in a window of 3", live)
			}
			c.respond(s, fmt.Sprint("A", i), smpp.StatusOK)
		}
		w.await(id, message.Accepted)
		w.idle()
	})
}

// sendAndTake sends a message that the carrier takes.
func (w *world) sendAndTake(c *wire, to string) int64 {
	w.t.Helper()
	id := w.send(to, "hello")
	c.respond(c.submit(), "taken by "+to, smpp.StatusOK)
	return id
}

// adopted waits until nothing is left of dead processes.
func (w *world) adopted() {
	w.t.Helper()
	testkit.Eventually(w.t, 10*time.Second, func() error {
		return w.none(liveIntents, fmt.Sprintf(`SELECT count(*) FROM pending WHERE epoch NOT IN (0, %d)`, w.node.Epoch()))
	})
}

// unbound waits until the carrier's links are gone.
func (w *world) unbound() {
	w.t.Helper()
	testkit.Eventually(w.t, 10*time.Second, func() error {
		if n := w.delivery.States()["north"].Bound; n != 0 {
			return fmt.Errorf("%d links are bound", n)
		}
		return nil
	})
}

// idle waits until no slot is taken and nothing is held in memory.
func (w *world) idle() {
	w.t.Helper()
	testkit.Eventually(w.t, 10*time.Second, func() error {
		if used, held := delivery.SlotsInUse(w.delivery); used+held != 0 {
			return fmt.Errorf("%d slots are taken, %d messages and segments are held", used, held)
		}
		return nil
	})
}
