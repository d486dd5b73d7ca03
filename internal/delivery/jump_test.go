package delivery_test

import (
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
)

// TestAClockThatJumpsHoldsNothingUp puts the clock an hour forth and back while
// messages are queued in memory and in the database, throttled, and on their way.
func TestAClockThatJumpsHoldsNothingUp(t *testing.T) {
	onCarrier(t, func(c *delivery.Config, s *smsc.Config) {
		c.Held, c.Carriers[0].Rate = 10, 400
		s.ResponseDelay, s.ReceiptDelay = 5*time.Millisecond, 20*time.Millisecond
	}, func(t *testing.T, w *world) {
		var ids []int64
		for i, by := range []time.Duration{time.Hour, -time.Hour, -time.Hour, time.Hour, time.Hour, -time.Hour} {
			for k := range 30 {
				ids = append(ids, w.send(number(100*i+k, 8*(k%2)), "hello")) // half of them are throttled at first
			}
			w.clock.Advance(by)
			if !w.node.Alive() {
				t.Errorf("after a jump of %s the node gives itself up", by)
			}
		}
		for _, id := range ids {
			w.await(id, message.Delivered)
		}
		w.idle()
		w.expireOnce()
		for to, n := range w.carrier.arrived() {
			if n != 1 {
				t.Errorf("%s got %d messages", to, n)
			}
		}
		w.balanced()
	})
}

func TestAReceiptThatOvertookAJumpIsMatched(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
			id := w.send(number(1, 0), "hello")
			s := c.submit()
			c.report(s, "A1", smpp.StateDelivered)
			c.acknowledged()
			w.clock.Advance(by)
			c.respond(s, "A1", smpp.StatusOK)
			w.await(id, message.Delivered)
		})
	}
}

// A message that is deferred is not sent early because the clock was wrong before.
func TestAClockThatIsPutBackReleasesNothingEarly(t *testing.T) {
	onCarrier(t, func(*delivery.Config, *smsc.Config) {}, func(t *testing.T, w *world) {
		deferred := func(minutes time.Duration) int64 {
			return w.send(number(int(minutes), 0), "deferred", func(m *message.Message) {
				m.Status, m.DeferredMs = message.Created, m.CreatedMs+(minutes*time.Minute).Milliseconds()
			})
		}
		before := deferred(60)
		w.clock.Advance(20 * time.Hour)
		w.await(before, message.Delivered)
		w.clock.Advance(-20 * time.Hour)
		first, second := deferred(60), deferred(61)
		w.clock.Advance(time.Hour)
		w.await(first, message.Delivered)
		if got := w.status(second); got != message.Created {
			t.Errorf("a minute before its time it is %s", got)
		}
		w.clock.Advance(time.Minute)
		w.await(second, message.Delivered)
	})
}
