package delivery_test

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// make bench-priority looks at a million.
var waitingMessages = flag.Int("waiting", 600, "messages that wait while another is sent")

const slowRate = 200 // segments a second

// TestAQueueDelaysAnotherMessageByLessThanASecond counts what a slow carrier is
// given between a message and its arrival, while memory is full and the database
// holds the rest: less than the carrier takes in a second.
func TestAQueueDelaysAnotherMessageByLessThanASecond(t *testing.T) {
	for _, c := range []struct {
		name          string
		waiting, next func(*message.Message)
		ofAnother     bool
	}{
		{"single after bulk", bulk, single, false},
		{"single after another account's", single, single, true},
		{"bulk after another account's", bulk, bulk, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.OnBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, func(c *delivery.Config, _ *smsc.Config) {
					c.Held, c.Carriers[0].Rate = max(100, *waitingMessages/100), slowRate
				})
				w.sendMany(*waitingMessages, func(m *message.Message) { c.waiting(m); m.SegPrice = 1 }) // a million are affordable
				if c.ofAnother {
					w.account = w.newAccount(opening)
				}
				before, begun := w.carrier.submitted(), time.Now()
				w.await(w.send(number(99_999, 99), "the one", c.next), message.Delivered)
				t.Logf("%d waiting on %s: delivered within %s", *waitingMessages, w.db.Engine, time.Since(begun).Round(time.Millisecond))
				if between := w.carrier.place(number(99_999, 99)) - before; between >= slowRate {
					t.Errorf("%d others went before it, which takes a second or more", between)
				}
			})
		})
	}
}

func single(*message.Message) {}

func bulk(m *message.Message) { m.CampaignID = 1_000_000_000 }

// sendMany accepts n messages, as fast as they are committed together.
func (w *world) sendMany(n int, change func(*message.Message)) {
	w.t.Helper()
	const callers = 200
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for i := caller; i < n; i += callers {
				if _, err := w.trySend(number(i%99_999, 0), fmt.Sprint("waiting ", i), change); err != nil {
					w.t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
