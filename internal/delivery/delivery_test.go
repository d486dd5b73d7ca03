package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var (
	long     = strings.Repeat("0123456789", 40)                   // three segments of GSM-7
	cyrillic = strings.Repeat("Привет, мир! ", 12)                // three of UCS-2
	pairs    = strings.Repeat("a€", 100) + strings.Repeat("🙂", 3) // surrogates at the cuts
)

func TestEveryRowOfTheSimulatorEndsInItsStatus(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		rows := []struct {
			row          int
			single, long message.Status
		}{
			{1, message.Undelivered, message.Undelivered},
			{2, message.Rejected, message.Rejected},
			{3, message.Expired, message.Expired},
			{4, message.Deleted, message.Deleted},
			{5, message.Accepted, message.Accepted},
			{6, message.Delivered, message.PartlyDelivered},
			{7, message.Delivered, message.Delivered},
			{8, message.Delivered, message.Delivered},
			{9, message.Delivered, message.Delivered},
			{10, message.Delivered, message.Delivered},
			{11, message.Rejected, message.Rejected},
			{12, message.Delivered, message.Delivered},
			{77, message.Delivered, message.Delivered},
		}
		ids := map[int64]message.Status{}
		for _, r := range rows {
			ids[w.send(number(1, r.row), "hello")] = r.single
			ids[w.send(number(2, r.row), long)] = r.long
		}
		for id, want := range ids {
			w.await(id, want)
		}
		w.balanced()
		if n := w.count(`SELECT count(*) FROM pending WHERE message_id NOT IN (SELECT id FROM message WHERE status < 4)`); n != 0 {
			t.Errorf("%d segments of final messages are still pending", n)
		}
		for to, n := range w.carrier.arrived() {
			if n != 1 {
				t.Errorf("%d messages arrived at %s", n, to)
			}
		}
	})
}

func TestTextsArriveAsTheyWereSent(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		for i, content := range []string{"hello", "{€} [~] ^|\\", "Привет", "🙂", long, cyrillic, pairs, " \n", strings.Repeat("ж", 67*3)} {
			to := number(i, 0)
			w.await(w.send(to, content), message.Delivered)
			if got := w.carrier.text(to); got != content {
				t.Errorf("sent %q, arrived %q", content, got)
			}
		}
	})
}

func TestAPartlyDeliveredMessageTakesItsFirstSegmentsStatusWhenValidityEnds(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		id := w.send(number(1, 6), long)
		w.await(id, message.PartlyDelivered)
		w.clock.Advance(25 * time.Hour)
		w.expireOnce()
		w.await(id, message.Delivered)
		w.balanced()
	})
}

func TestAMessageWithoutReceiptExpiresAfterTheGraceAndIsNotPaidBack(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		id := w.send(number(1, 5), "hello")
		w.await(id, message.Accepted)
		w.clock.Advance(24*time.Hour + grace - time.Minute)
		w.expireOnce()
		if got := w.status(id); got != message.Accepted {
			t.Fatalf("%s within the grace", got)
		}
		w.clock.Advance(2 * time.Minute)
		w.expireOnce()
		w.await(id, message.Expired)
		if repaid := w.count(`SELECT repaid FROM message WHERE id = $1`, id); repaid != 0 {
			t.Errorf("%d paid back for a message that was submitted", repaid)
		}
		w.balanced()
	})
}

func TestAMessageThatWasNeverSubmittedExpiresAndIsPaidBack(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, s *smsc.Config) { s.Password = "another" })
		ids := []int64{w.send(number(1, 0), "hello"), w.send(number(2, 0), long)}
		w.clock.Advance(25 * time.Hour)
		w.expireOnce()
		for _, id := range ids {
			w.await(id, message.Expired)
		}
		if n := w.count(`SELECT count(*) FROM message WHERE repaid = seg_num * seg_price`); n != 2 {
			t.Errorf("%d of 2 paid back", n)
		}
		w.balanced()
		if state := w.delivery.States()["north"]; state.Bound != 0 || !strings.Contains(state.Problem, "refused") {
			t.Errorf("a carrier with a wrong password shows as %+v", state)
		}
	})
}

func TestADeferredMessageIsNotSentBeforeItsTime(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		id := w.send(number(1, 0), "later", func(m *message.Message) {
			m.Status, m.DeferredMs = message.Created, m.CreatedMs+time.Hour.Milliseconds()
			m.ExpiresMs += time.Hour.Milliseconds()
		})
		w.clock.Advance(59 * time.Minute)
		w.await(w.send(number(2, 0), "now"), message.Delivered)
		if got := w.status(id); got != message.Created {
			t.Fatalf("%s before its time", got)
		}
		w.clock.Advance(time.Minute)
		w.await(id, message.Delivered)
	})
}

func TestMoreThanTheWindowAndMoreThanMemoryAreAllDelivered(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *delivery.Config, s *smsc.Config) {
			c.Held = 40
			c.Carriers[0].SMPP.Window, c.Carriers[0].SMPP.Binds = 5, 1
			s.ResponseDelay = 2 * time.Millisecond
		})
		var ids []int64
		for i := range 300 {
			content := "hello"
			if i%10 == 0 {
				content = strings.Repeat("x", 153*8) // more segments than the window
			}
			ids = append(ids, w.send(number(i, 0), content))
		}
		for _, id := range ids {
			w.await(id, message.Delivered)
		}
		arrived := w.carrier.arrived()
		for i := range 300 {
			if n := arrived[number(i, 0)]; n != 1 {
				t.Errorf("%d messages arrived at %s", n, number(i, 0))
			}
		}
		if n := w.count(`SELECT count(*) FROM queue`) + w.count(`SELECT count(*) FROM pending`); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func TestARestartLosesAndDoublesNothing(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		slow := func(c *delivery.Config, s *smsc.Config) {
			c.Carriers[0].Rate = 100
			s.ResponseDelay = 5 * time.Millisecond
		}
		w := newWorld(t, url, slow)
		w.sendMany(120, single)
		w.end(w.life, 10*time.Second) // in the middle of it
		if n := w.carrier.submitted(); n == 0 || n == 120 {
			t.Fatalf("%d of 120 were submitted before the stop: it did not come in the middle", n)
		}
		w.begin()
		testkit.Eventually(t, 20*time.Second, func() error {
			if n := w.count(`SELECT count(*) FROM message WHERE status = 4`); n != 120 {
				return fmt.Errorf("%d of 120 are delivered", n)
			}
			return nil
		})
		if n := w.carrier.submitted(); n != 120 {
			t.Errorf("%d submits for 120 messages", n)
		}
		w.balanced()
	})
}

func TestDoubtPolicies(t *testing.T) {
	for policy, want := range map[delivery.Doubt]message.Status{
		delivery.Resend: message.Delivered, delivery.Wait: message.Enqueued, delivery.Fail: message.Undelivered,
	} {
		t.Run(string(policy), func(t *testing.T) {
			testkit.OnBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Doubt = policy })
				id := w.send(number(1, 9), "the link is cut")
				w.await(id, want)
				w.await(w.send(number(2, 0), "and comes back"), message.Delivered)
				if policy != delivery.Wait {
					return
				}
				testkit.Eventually(t, 10*time.Second, func() error {
					if n := w.count(`SELECT count(*) FROM pending WHERE message_id = $1 AND doubt = 1 AND attempt = 1 AND epoch = 0`, id); n != 1 {
						return fmt.Errorf("%d rows in doubt, want 1", n)
					}
					return nil
				})
				w.clock.Advance(24*time.Hour - 2*time.Minute)
				w.expireOnce()
				if got := w.status(id); got != message.Enqueued {
					t.Fatalf("%s while the message is valid", got)
				}
				w.clock.Advance(4 * time.Minute)
				w.expireOnce()
				w.await(id, message.Expired)
				w.balanced()
			})
		})
	}
}
