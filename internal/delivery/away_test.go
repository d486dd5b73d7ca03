package delivery_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// committed is what PostgreSQL answers to COMMIT.
const committed = "COMMIT\x00"

// TestACommitWithoutAnAnswerIsKeptOrNotAsTheCallerIsTold: the connection breaks when
// the database has committed and not yet said so, whoever's transaction it is.
func TestACommitWithoutAnAnswerIsKeptOrNotAsTheCallerIsTold(t *testing.T) {
	t.Parallel()
	gate, url := testkit.NewGate(t, testkit.NewDatabase(t, "postgres"))
	w := newWorld(t, url, func(c *delivery.Config, s *smsc.Config) {
		c.Held, c.Carriers[0].SMPP.Window = 20, 5 // so that all ways of a message are taken
		s.ResponseDelay = time.Millisecond
	})
	const rounds, callers = 25, 20
	var mu sync.Mutex
	told := map[string]error{}
	for round := range rounds {
		lost := gate.ShutBefore(committed)
		var sending sync.WaitGroup
		for i := range callers {
			to := number(round*callers+i, 0)
			sending.Go(func() {
				_, err := w.trySend(to, "hello")
				mu.Lock()
				defer mu.Unlock()
				told[to] = err
			})
		}
		<-lost
		gate.Open()
		sending.Wait()
	}
	w.back()
	testkit.Eventually(t, 30*time.Second, func() error {
		return w.none(`SELECT count(*) FROM queue`, `SELECT count(*) FROM pending`)
	})
	w.idle()
	arrived := w.carrier.arrived()
	for to, err := range told {
		want := 0
		if err == nil {
			want = 1
		} else if !db.Retryable(err) {
			t.Errorf("%s: %v", to, err)
		}
		if n := w.count(`SELECT count(*) FROM message WHERE recipient = $1`, to); n != want || arrived[to] != want {
			t.Errorf("%s: told %v, kept %d times, arrived %d times", to, err, n, arrived[to])
		}
	}
	w.balanced()
}

// back waits until the database is, on every connection: those that were cut are
// thrown away when they are used.
func (w *world) back() {
	w.t.Helper()
	testkit.Eventually(w.t, 20*time.Second, func() error {
		for range 10 {
			if err := w.db.Ping(w.t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestWhatACarrierSaysWhileTheDatabaseIsAwayIsWrittenLater: answers are kept, receipts
// are left to the carrier, and new messages are turned away.
func TestWhatACarrierSaysWhileTheDatabaseIsAwayIsWrittenLater(t *testing.T) {
	t.Parallel()
	gate, url := testkit.NewGate(t, testkit.NewDatabase(t, "postgres"))
	c := newWire(t)
	w := newWorld(t, url, c.carries(3, delivery.Resend))
	ids := make([]int64, 8)
	for i := range ids {
		ids[i] = w.send(number(i, 0), "hello")
	}
	first := []submitted{c.submit(), c.submit(), c.submit()}
	gate.Shut()
	for i, s := range first {
		c.respond(s, fmt.Sprint("A", i), smpp.StatusOK)
	}
	c.report(first[0], "A0", smpp.StateDelivered)
	for range 20 {
		if _, err := w.trySend(number(90, 0), "hello"); !db.Retryable(err) {
			t.Fatalf("told %v while the database is away", err)
		}
	}
	if p := c.answer(); p.Head().Status == smpp.StatusOK {
		t.Error("a receipt was acknowledged while the database is away")
	}
	if used, _ := delivery.SlotsInUse(w.delivery); used != 3 || len(c.submits) != 0 {
		t.Errorf("%d slots are taken, %d segments came in without a committed intent", used, len(c.submits))
	}
	gate.Open()
	w.back()
	for i, s := range first {
		w.await(ids[i], message.Accepted)
		c.report(s, fmt.Sprint("A", i), smpp.StateDelivered)
	}
	for range ids[3:] {
		c.deliver(c.submit())
	}
	for _, id := range ids {
		w.await(id, message.Delivered)
	}
	w.idle()
	w.balanced()
	if n := w.count(`SELECT count(*) FROM message`); n != len(ids) {
		t.Errorf("%d messages are kept, %d were accepted", n, len(ids))
	}
}

// TestANodeThatWasAwayTooLongWritesNothingToTheWire: another node takes over what it
// held. When it is back it learns that it was given up; what it accepts is the
// other's to send.
func TestANodeThatWasAwayTooLongWritesNothingToTheWire(t *testing.T) {
	t.Parallel()
	direct := testkit.NewDatabase(t, "postgres")
	gate, gated := testkit.NewGate(t, direct)
	north, south := newWire(t), newWire(t)
	w := newWorld(t, gated, north.carries(3, delivery.Resend))
	ids := make([]int64, 8)
	for i := range ids {
		ids[i] = w.send(number(i, 0), "hello")
	}
	away, held := w.life, []submitted{north.submit(), north.submit(), north.submit()}
	gate.Shut()
	testkit.Eventually(t, time.Minute, func() error {
		if away.node.Alive() {
			return errors.New("the node counts on a lease that it cannot renew")
		}
		return nil
	})
	for _, s := range held { // to be sent once more, and that needs no database
		north.respond(s, "", smpp.StatusThrottled)
	}

	w.clock.Advance(time.Minute)
	w.url, w.config.Carriers[0].SMPP.Address = direct, south.listener.Addr().String()
	w.begin()
	for range ids {
		south.deliver(south.submit())
	}
	for _, id := range ids {
		w.await(id, message.Delivered)
	}
	gate.Open()
	select {
	case <-away.node.Lost():
	case <-time.After(20 * time.Second):
		t.Fatal("the node does not learn that it was given up")
	}
	id, err := (&world{t: t, clock: w.clock, account: w.account, life: away}).trySend(number(20, 0), "hello")
	w.ok(err)
	south.deliver(south.submit())
	w.await(id, message.Delivered)
	w.end(away, time.Second)
	if n, twice := len(north.submits), len(south.submits); n+twice > 0 {
		t.Errorf("%d segments came from the node that was given up, %d twice from the other", n, twice)
	}
	if err := w.none(`SELECT count(*) FROM queue`, `SELECT count(*) FROM pending`); err != nil {
		t.Error(err)
	}
	w.idle()
	w.balanced()
}

// A process that is given up may have had a transaction under way.
func TestWhatADeadNodeWroteLateIsAdoptedToo(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.end(w.life, time.Second)
		w.open()
		queued, unsent := w.send(number(1, 0), "a"), w.send(number(2, 0), "b")
		w.inState(unsent, 0, 0, message.Enqueued, nil)
		dead := w.node.Epoch()
		w.crash()
		w.open()
		of := func(epoch int64) int {
			return w.count(`SELECT (SELECT count(*) FROM queue WHERE epoch = $1) + (SELECT count(*) FROM pending WHERE epoch = $1)`, epoch)
		}
		for _, step := range []struct{ later, want time.Duration }{{0, 0}, {time.Second, 2}, {time.Hour, 0}} {
			w.ok(delivery.Adopt(w.delivery, t.Context(), step.later))
			if n := of(dead); n != int(step.want) {
				t.Errorf("%s later %d rows are the dead node's, want %d", step.later, n, step.want)
			}
			w.exec(`UPDATE queue SET epoch = $1 WHERE message_id = $2`, dead, queued)
			w.exec(`UPDATE pending SET epoch = $1 WHERE message_id = $2`, dead, unsent)
		}
		if n := w.count(`SELECT count(*) FROM node WHERE epoch = $1`, dead); n != 0 {
			t.Error("the dead node is not forgotten")
		}
	})
}
