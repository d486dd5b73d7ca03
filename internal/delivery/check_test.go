package delivery_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// judge is a check whose verdicts the test chooses.
type judge struct {
	mu       sync.Mutex
	verdicts map[int64]delivery.Verdict // by account
}

func (j *judge) check(m *message.Message) delivery.Verdict {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.verdicts[m.AccountID]
}

func (j *judge) says(account int64, v delivery.Verdict) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.verdicts[account] = v
}

const (
	onHold   = `SELECT count(*) FROM queue WHERE epoch < 0`
	rejected = `SELECT count(*) FROM message WHERE status = 6 AND repaid = seg_num * seg_price AND start_send_ms IS NULL`
)

// counts waits until a query counts n.
func (w *world) counts(n int, query string, args ...any) {
	w.t.Helper()
	testkit.Eventually(w.t, 20*time.Second, func() error {
		if got := w.count(query, args...); got != n {
			return fmt.Errorf("%d, want %d: %s", got, n, query)
		}
		return nil
	})
}

// ways are how a queued message comes to its wave, and so to its check: accept is
// called while no slot is free, then before one is.
var ways = map[string]func(w *world, c *wire, accept, then func()){
	"from memory": func(w *world, c *wire, accept, then func()) {
		w.send(number(0, 0), "takes the window")
		s := c.submit()
		accept()
		then()
		c.respond(s, "m0", smpp.StatusOK)
	},
	"from the database": func(w *world, _ *wire, accept, then func()) {
		w.end(w.life, 10*time.Second)
		w.open() // a life that accepts and comes no further
		accept()
		then()
		w.crash()
		w.begin()
	},
}

// onWays gives a world with a window of one for each way on each engine, and an
// account that the test judges.
func onWays(t *testing.T, test func(t *testing.T, w *world, c *wire, judged int64, says func(delivery.Verdict), queue func(accept, then func()))) {
	for name, queue := range ways {
		t.Run(name, func(t *testing.T) {
			testkit.OnBoth(t, func(t *testing.T, url string) {
				c, j := newWire(t), &judge{verdicts: map[int64]delivery.Verdict{}}
				w := newWorld(t, url, c.carries(1, delivery.Resend), func(c *delivery.Config, _ *smsc.Config) {
					c.Checks = []delivery.Check{j.check}
				})
				judged := w.newAccount(opening)
				test(t, w, c, judged, func(v delivery.Verdict) { j.says(judged, v) }, func(accept, then func()) { queue(w, c, accept, then) })
			})
		})
	}
}

func of(account int64) func(*message.Message) {
	return func(m *message.Message) { m.AccountID = account }
}

// next takes the next submit_sm, which must be to that handset.
func (c *wire) next(to string) {
	c.t.Helper()
	s := c.submit()
	if s.Dest.Addr != to {
		c.t.Errorf("submitted to %s, want %s", s.Dest.Addr, to)
	}
	c.respond(s, "to"+to, smpp.StatusOK)
}

func TestABlockedAccountsMessagesWaitOnHold(t *testing.T) {
	onWays(t, func(t *testing.T, w *world, c *wire, blocked int64, says func(delivery.Verdict), queue func(accept, then func())) {
		queue(func() {
			for i := range 3 {
				w.send(number(1+i, 0), "hello", of(blocked))
			}
			w.send(number(9, 0), "hello")
		}, func() { says(delivery.Hold) })
		c.next(number(9, 0))
		w.counts(3, onHold)
		w.idle()
		says(delivery.Send)
		for range 3 {
			s := c.submit()
			c.respond(s, "to"+s.Dest.Addr, smpp.StatusOK)
		}
		w.counts(3, `SELECT count(*) FROM message WHERE account_id = $1 AND status = 2`, blocked)
		w.counts(0, `SELECT count(*) FROM queue`)
	})
}

// TestOnHoldTakesNoMemory: with the carrier down a message is put on hold when it is
// claimed, not when its turn comes.
func TestOnHoldTakesNoMemory(t *testing.T) {
	j := &judge{verdicts: map[int64]delivery.Verdict{}}
	down := func(c *delivery.Config, s *smsc.Config) {
		c.Checks, s.Password = []delivery.Check{j.check}, "another"
	}
	onCarrier(t, down, func(t *testing.T, w *world) {
		j.says(w.account, delivery.Hold)
		w.send(number(1, 0), "hello")
		w.counts(1, onHold)
		if _, held := delivery.SlotsInUse(w.delivery); held != 0 {
			t.Errorf("%d messages are in line", held)
		}
	})
}

func TestOnHoldValidityGoesOn(t *testing.T) {
	onWays(t, func(t *testing.T, w *world, c *wire, blocked int64, says func(delivery.Verdict), queue func(accept, then func())) {
		queue(func() { w.send(number(1, 0), "hello", of(blocked)) }, func() { says(delivery.Hold) })
		w.counts(1, onHold)
		w.clock.Advance(25 * time.Hour)
		w.expireOnce()
		w.counts(1, `SELECT count(*) FROM message WHERE account_id = $1 AND status = 7 AND repaid > 0`, blocked)
		w.repaid(blocked)
	})
}

func TestWhatMayNeverBeSentIsRejectedAndPaidBack(t *testing.T) {
	onWays(t, func(t *testing.T, w *world, c *wire, account int64, says func(delivery.Verdict), queue func(accept, then func())) {
		queue(func() {
			w.send(number(1, 0), "hello", of(account))
			w.send(number(2, 0), long, of(account))
			w.send(number(9, 0), "hello")
		}, func() { says(delivery.SenderWithdrawn) })
		c.next(number(9, 0))
		w.counts(2, rejected)
		w.counts(2, `SELECT count(*) FROM refusal WHERE reason = 'senderWithdrawn'`)
		w.counts(0, `SELECT count(*) FROM queue`)
		w.repaid(account)
		w.idle()
	})
}

// repaid checks that the account has all its money back, and the ledger says so.
func (w *world) repaid(account int64) {
	w.t.Helper()
	own, err := w.users.Show(w.t.Context(), account)
	w.ok(err)
	wrong, err := w.users.Audit(w.t.Context())
	w.ok(err)
	if own.Balance != opening || len(wrong) > 0 {
		w.t.Errorf("the balance is %s, want %s; audit: %v", own.Balance, opening, wrong)
	}
}
