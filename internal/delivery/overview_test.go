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

// shows waits until the overview of the one carrier is as wanted.
func (w *world) shows(want string) {
	w.t.Helper()
	testkit.Eventually(w.t, 20*time.Second, func() error {
		o, err := delivery.ReadOverview(w.t.Context(), w.db)
		if err != nil {
			return err
		}
		var links []string
		c := o.Carriers[0]
		for _, n := range c.Nodes {
			links = append(links, fmt.Sprintf("%s %d of %d window %d trouble %t", n.Node, n.Bound, n.Binds, n.Window, n.Problem != ""))
		}
		got := fmt.Sprintf("%s [%s] live %d in doubt %d queued %d on hold %d",
			c.Name, strings.Join(links, ", "), c.Live, c.InDoubt, o.Queued, o.OnHold)
		if got != want {
			return fmt.Errorf("shows %q, want %q", got, want)
		}
		return nil
	})
}

func TestAnOverviewShowsTheLinksOfLivingNodesOnly(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		const nothing = " live 0 in doubt 0 queued 0 on hold 0"
		w.shows("north [test 2 of 2 window 40 trouble false]" + nothing)

		w.crash()
		w.open()
		if n := w.count(`SELECT count(*) FROM link`); n != 1 {
			t.Fatalf("%d rows of a dead node, want 1 to be passed over", n)
		}
		w.shows("north []" + nothing)
		w.ok(w.delivery.Start(t.Context()))
		w.shows("north [test 2 of 2 window 40 trouble false]" + nothing)
		w.counts(1, `SELECT count(*) FROM link`)

		w.end(w.life, 10*time.Second)
		w.open()
		w.counts(0, `SELECT count(*) FROM link`)
	})
}

func TestAnOverviewTellsOfALinkThatIsLost(t *testing.T) {
	onWire(t, delivery.Wait, func(t *testing.T, w *world, c *wire) {
		w.send(number(1, 0), "hello")
		c.submit()
		w.shows("north [test 1 of 1 window 10 trouble false] live 1 in doubt 0 queued 0 on hold 0")
		c.close()
		c.cut()
		w.shows("north [test 0 of 1 window 0 trouble true] live 0 in doubt 1 queued 0 on hold 0")
		w.send(number(2, 0), "hello")
		w.shows("north [test 0 of 1 window 0 trouble true] live 0 in doubt 1 queued 1 on hold 0")
		c.open()
		second := c.submit()
		w.shows("north [test 1 of 1 window 10 trouble false] live 1 in doubt 1 queued 0 on hold 0")
		c.respond(second, "m2", smpp.StatusOK)
	})
}

func TestWhatIsSettledIsNotInDoubt(t *testing.T) {
	onCarrier(t, func(c *delivery.Config, _ *smsc.Config) { c.Carriers[0].Doubt = delivery.Wait }, func(t *testing.T, w *world) {
		w.end(w.life, time.Second)
		w.open()
		w.inState(w.send(number(1, 0), "a"), 2, 1, message.Accepted, "m1")
		w.inState(w.send(number(2, 0), "b"), 1, 1, message.Enqueued, nil)
		w.shows("north [] live 0 in doubt 1 queued 0 on hold 0")
	})
}
