package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const (
	liveIntents = `SELECT count(*) FROM pending WHERE status = 1 AND attempt > doubt`
	unsent      = `SELECT count(*) FROM pending WHERE status = 1 AND attempt = 0`
)

func TestLiveIntentsNeverExceedTheWindowAndPartsStayTogether(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, s *smsc.Config) {
			c.Carriers[0].SMPP.Window = 6
			s.ResponseDelay = 30 * time.Millisecond
		})
		const slots, messages = 6 * 2, 100
		for i := range messages {
			content := "hello"
			if i%3 == 0 {
				content = long
			}
			w.send(number(i, 0), content)
		}
		most := 0
		for w.count(`SELECT count(*) FROM message WHERE status = 4`) < messages {
			live := w.count(liveIntents)
			if most = max(most, live); live > slots {
				t.Fatalf("%d live intents, window × binds is %d", live, slots)
			}
			if n := w.count(unsent); n > 0 {
				t.Fatalf("%d segments were left behind by the parts that began", n)
			}
		}
		if most < slots/2 {
			t.Errorf("never more than %d live intents: the window was not used", most)
		}
	})
}

func TestAThrottlingCarrierIsSlowedAsAWholeAndThatIsNoFailure(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(_ *delivery.Config, s *smsc.Config) { s.Rate = 60 })
		var ids []int64
		for i := range 60 {
			content := "hello"
			if i%2 == 0 {
				content = long
			}
			ids = append(ids, w.send(number(i, 0), content))
		}
		for _, id := range ids {
			w.await(id, message.Delivered)
		}
		if n := w.carrier.Stats().Throttled; n == 0 || n > 6*60 {
			t.Errorf("throttled %d times", n)
		}
		for i := range 60 {
			if n := w.carrier.arrived()[number(i, 0)]; n != 1 {
				t.Errorf("%d messages arrived at %s", n, number(i, 0))
			}
		}
		if n := w.count(`SELECT count(*) FROM message WHERE repaid > 0`); n != 0 {
			t.Errorf("%d messages were paid back", n)
		}
	})
}

func TestARateIsKept(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Rate = 50 })
		begun := time.Now()
		for i := range 30 {
			w.send(number(i, 0), "hello")
		}
		for i := range 30 {
			testkit.Eventually(t, 10*time.Second, func() error { return w.wants(number(i, 0)) })
		}
		if took := time.Since(begun); took < 450*time.Millisecond { // 25 of them have to wait their turn
			t.Errorf("30 segments in %s at 50 a second", took)
		}
	})
}

func TestASecondCarrierTakesOverAndNothingIsDoubled(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		south := &carrierWorld{}
		w := newWorld(t, url, func(c *delivery.Config, s *smsc.Config) {
			south.Simulator = smsc.New(smsc.Config{OnSubmit: south.submit, OnMessage: south.deliver, Decode: decode})
			if err := south.Start(t.Context(), "127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
			second := c.Carriers[0]
			second.Name, second.SMPP.Address = "south", south.Addr()
			c.Carriers = append(c.Carriers, second)
			c.Carriers[0].Doubt, c.Carriers[1].Doubt = delivery.Wait, delivery.Wait
			c.Carriers[0].Rate = 100 // so that most still wait when it goes
			c.Routes[0].Carriers = []string{"north", "south"}
			s.ResponseDelay = 5 * time.Millisecond
		})
		t.Cleanup(func() { _ = south.Stop(context.Background()) })
		for i := range 100 {
			w.send(number(i, 0), "hello")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = w.carrier.Stop(ctx)
		testkit.Eventually(t, 10*time.Second, func() error {
			return w.none(`SELECT count(*) FROM queue`, liveIntents, unsent)
		})
		north, later := w.carrier.perHandset(), south.perHandset()
		if len(later) == 0 {
			t.Error("nothing went over the second carrier")
		}
		for i := range 100 {
			if n := north[number(i, 0)] + later[number(i, 0)]; n > 1 {
				t.Errorf("%s was sent to %d times", number(i, 0), n)
			}
		}
		for to := range later {
			testkit.Eventually(t, 10*time.Second, func() error { return w.wants(to) })
		}
		if n := w.count(`SELECT count(*) FROM message WHERE status > 4`); n != 0 {
			t.Errorf("%d messages failed", n)
		}
	})
}

func TestSingleMessagesOvertakeBulkAndAccountsTakeTurns(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Rate = 50 })
		bulk := func(m *message.Message) { m.CampaignID = 1_000_000 }
		for i := range 40 {
			w.send(number(i, 0), "bulk", bulk)
		}
		other := w.newAccount(opening)
		for i := range 20 {
			w.send(number(100+i, 0), "single")
		}
		before := w.carrier.submitted()
		id := w.send(number(200, 0), "single of another", func(m *message.Message) { m.AccountID = other })
		w.await(id, message.Delivered)
		if place := w.carrier.place(number(200, 0)); place > before+10 {
			t.Errorf("%d segments went before it, of which %d came before", place, before)
		}
		if n := w.carrier.submitted(); n > 30 {
			t.Fatalf("%d segments are gone: the queue was too short", n)
		}
		last := w.send(number(119, 77), "the last single one")
		w.await(last, message.Delivered)
		if place := w.carrier.place(number(39, 0)); place >= 0 {
			t.Error("the last bulk message went before the last single one")
		}
	})
}

// A window slot is worth something only over a link that is bound: else its
// intent is written and taken back in vain, again and again.
func TestTheWindowIsThatOfTheLinksThatAreBound(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		carrier := newWire(t) // takes one bind of the two
		w := newWorld(t, url, carrier.carries(10, delivery.Resend), func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].SMPP.Binds = 2 })
		testkit.Eventually(t, 10*time.Second, func() error {
			if n := w.delivery.States()["north"].Bound; n != 1 {
				return fmt.Errorf("%d links are bound", n)
			}
			return nil
		})
		for i := range 30 {
			w.send(number(i, 0), "hello")
		}
		for i := range 30 {
			if used, _ := delivery.SlotsInUse(w.delivery); used > 10 {
				t.Fatalf("%d slots are taken of a window of 10", used)
			}
			carrier.respond(carrier.submit(), fmt.Sprint("A", i), smpp.StatusOK)
		}
		testkit.Eventually(t, 10*time.Second, func() error { return w.none(`SELECT count(*) FROM message WHERE status < 2`) })
		if n := w.count(`SELECT count(*) FROM pending WHERE attempt <> 1`); n != 0 {
			t.Errorf("%d segments needed more than one intent", n)
		}
	})
}

func TestAThrottledMessageIsNotSentAfterItsValidity(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		carrier := newWire(t)
		w := newWorld(t, url, carrier.carries(5, delivery.Resend))
		id := w.send(number(1, 0), "hello")
		first := carrier.submit()
		w.clock.Advance(25 * time.Hour)
		carrier.respond(first, "", smpp.StatusThrottled)
		testkit.Eventually(t, 10*time.Second, func() error { return w.none(liveIntents) })
		w.expireOnce()
		w.await(id, message.Expired)
		if n := len(carrier.submits); n != 0 {
			t.Errorf("%d more submits", n)
		}
		if repaid := w.count(`SELECT count(*) FROM message WHERE repaid = seg_num * seg_price`); repaid != 1 {
			t.Error("a message that no carrier took was not paid back")
		}
		w.balanced()
	})
}

func TestATroubledMessageIsTriedAgainAndThenRejectedAndPaidBack(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		carrier := newWire(t)
		w := newWorld(t, url, carrier.carries(5, delivery.Resend))
		bad := w.send(number(1, 0), "hello")
		const tries = 9
		for try := range tries {
			carrier.respond(carrier.submit(), "", smpp.StatusSysErr)
			if try == tries-1 {
				break
			}
			good := w.send(number(2, 0), "the others go on")
			for w.status(good) != message.Accepted {
				if s := carrier.submit(); s.Dest.Addr == number(2, 0) {
					carrier.respond(s, fmt.Sprint("good", try), 0)
					w.await(good, message.Accepted)
				} else {
					carrier.submits <- s // the bad one again
				}
			}
		}
		w.await(bad, message.Rejected)
		w.balanced()
		if n := w.count(`SELECT count(*) FROM message WHERE repaid > 0`); n != 1 {
			t.Errorf("%d messages were paid back", n)
		}
	})
}

func TestAMessageOfTwoHundredAndFiftyFiveSegments(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Reference16 = true })
		content := strings.Repeat("x", 153*255)
		w.await(w.send(number(1, 0), content), message.Delivered)
		if got := w.carrier.text(number(1, 0)); got != content {
			t.Errorf("%d characters arrived of %d", len(got), len(content))
		}
	})
}

func TestAMessageWithoutARouteWaitsUntilItIsRestored(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.end(w.life, time.Second)
		w.config.Routes = []delivery.Route{{Countries: []string{"RU"}, Carriers: []string{"north"}}}
		w.begin()
		id := w.send(number(1, 0), "hello")
		w.await(w.send(number(2, 0), "hello", func(m *message.Message) { m.Country = "RU" }), message.Delivered)
		if got := w.status(id); got != message.Enqueued {
			t.Fatalf("%s without a route", got)
		}
		w.end(w.life, time.Second)
		w.config.Routes[0].Countries = nil
		w.begin()
		w.await(id, message.Delivered) // somebody restored it
	})
}

func TestStopTwiceAndAcceptAfterStop(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		for range 2 {
			w.ok(w.delivery.Stop(t.Context()))
		}
		id := w.send(number(1, 0), "hello")
		w.end(w.life, time.Second)
		w.begin()
		w.await(id, message.Delivered)
	})
}

// Many accept at once; some can't pay, some can't be planned. Their slots and
// their places in memory are given back, and the others are not touched by that.
func TestWhatIsNotAcceptedLeavesNoSlotBehind(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, s *smsc.Config) { s.ResponseDelay = 5 * time.Millisecond })
		poor := w.newAccount(0)
		kinds := []func(*message.Message){
			func(*message.Message) {},
			func(m *message.Message) { m.AccountID = poor },
			func(m *message.Message) { m.SegNum = 2 }, // cut into one
		}
		var callers sync.WaitGroup
		for i := range 120 {
			callers.Go(func() {
				_, err := w.trySend(number(i, 0), "hello", kinds[i%3])
				if i%3 == 0 && err != nil || i%3 == 1 && err == nil { // the third kind may be queued, to be found out later
					t.Errorf("message %d of kind %d: %v", i, i%3, err)
				}
			})
		}
		callers.Wait()
		for i := range 40 {
			testkit.Eventually(t, 10*time.Second, func() error { return w.wants(number(3*i, 0)) })
		}
		w.idle()
		if n := w.carrier.submitted(); n != 40 {
			t.Errorf("%d submits for 40 messages", n)
		}
	})
}

// Refusals and receipts that pay back, of several accounts at once, beside the
// accepting: whatever the writers come to each other's way with is tried again.
func TestRepaymentsOfManyAccountsAtOnce(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		accounts := []int64{w.account, w.newAccount(opening), w.newAccount(opening)}
		var callers sync.WaitGroup
		for i := range 150 {
			callers.Go(func() {
				content := []string{"hello", long}[i%2]
				row := []int{2, 11, 10, 0, 1}[i%5]
				if _, err := w.trySend(number(i, row), content, func(m *message.Message) { m.AccountID = accounts[i%3] }); err != nil {
					t.Errorf("message %d: %v", i, err)
				}
			})
		}
		callers.Wait()
		testkit.Eventually(t, 20*time.Second, func() error {
			return w.none(`SELECT count(*) FROM message WHERE status < 4`, `SELECT count(*) FROM pending`)
		})
		for status, want := range map[message.Status]int{message.Rejected: 60, message.Delivered: 60, message.Undelivered: 30} {
			if n := w.count(`SELECT count(*) FROM message WHERE status = $1`, int64(status)); n != want {
				t.Errorf("%d are %s, want %d", n, status, want)
			}
		}
		if n := w.count(`SELECT count(*) FROM message WHERE (status = 6) <> (repaid = seg_num * seg_price)`); n != 0 {
			t.Errorf("%d messages are paid back that were not rejected, or the reverse", n)
		}
		w.idle()
	})
}
