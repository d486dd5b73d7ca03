package delivery_test

import (
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const keptReceipts = `SELECT count(*) FROM receipt`

// onWire gives each engine a world whose carrier the test plays itself.
func onWire(t *testing.T, doubt delivery.Doubt, test func(t *testing.T, w *world, c *wire)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		c := newWire(t)
		test(t, newWorld(t, url, c.carries(10, doubt)), c)
	})
}

// taken sends a message that the carrier takes under the id.
func (c *wire) taken(w *world, to, ref string) (int64, submitted) {
	w.t.Helper()
	id := w.send(to, "hello")
	s := c.submit()
	c.respond(s, ref, smpp.StatusOK)
	w.await(id, message.Accepted)
	return id, s
}

func TestAReceiptIsAcknowledgedOnlyAfterItsCommitAndTheReaderGoesOn(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id, s := c.taken(w, number(1, 0), "A1")
		release := w.blockWriters()
		defer release()
		c.report(s, "A1", smpp.StateDelivered)
		c.report(s, "unknown", smpp.StateDelivered)
		c.read() // fails if a receipt was answered before, hangs if the reader waits for the commit
		release()
		c.acknowledged()
		c.acknowledged()
		if got := w.status(id); got != message.Delivered {
			t.Errorf("acknowledged while the message is %s", got)
		}
		if n := w.count(keptReceipts); n != 1 {
			t.Errorf("acknowledged while %d of the unknown ones are kept", n)
		}
	})
}

func TestAReceiptBeforeItsResponseIsKeptAndMatched(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), "hello")
		s := c.submit()
		c.report(s, "A1", smpp.StateDelivered)
		c.acknowledged()
		if n, got := w.count(keptReceipts), w.status(id); n != 1 || got != message.Enqueued {
			t.Fatalf("%d receipts are kept, the message is %s", n, got)
		}
		c.respond(s, "A1", smpp.StatusOK)
		w.await(id, message.Delivered)
		testkit.Eventually(t, 10*time.Second, func() error { return w.none(keptReceipts) })
	})
}

func TestAnOvertakenReceiptIsFoundBehindManyUnknownOnes(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		carrierID := w.count(`SELECT id FROM carrier`)
		w.exec(`INSERT INTO receipt (id, carrier_id, ref, recipient, sender, status, error_code, received_ms)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
			SELECT i, $1, 'unknown', '77010000000', 'Heliograph', 4, '', $2 FROM n`, carrierID, w.clock.Now().UnixMilli()-1000)
		id := w.send(number(1, 0), "hello")
		s := c.submit()
		c.report(s, "A1", smpp.StateDelivered)
		c.acknowledged()
		c.respond(s, "A1", smpp.StatusOK)
		w.await(id, message.Delivered)
	})
}

func TestAReceiptThatFitsNothingIsKeptForThreeDays(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		_, s := c.taken(w, number(1, 0), "A1")
		c.report(s, "B2", smpp.StateDelivered)
		c.acknowledged()
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{71 * time.Hour, 1}, {2 * time.Hour, 0}} {
			w.clock.Advance(step.after)
			w.expireOnce()
			if n := w.count(keptReceipts); n != step.want {
				t.Errorf("%d are kept, want %d", n, step.want)
			}
		}
	})
}

func TestIdsMatchHoweverTheCarrierWritesThem(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		for i, ids := range []struct{ response, receipt string }{
			{"6A", "106"}, {"107", "6b"}, {"00AbC", "aBc"}, {"17c", "000017C"}, {"0", "000"}, {"3735928559", "DEADBEEF"},
		} {
			id, s := c.taken(w, number(i, 0), ids.response)
			c.report(s, ids.receipt, smpp.StateDelivered)
			w.await(id, message.Delivered)
			c.acknowledged()
		}
	})
}

func TestAReceiptForAnotherHandsetIsNotTaken(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id, s := c.taken(w, number(1, 0), "A1")
		s.Dest.Addr = number(2, 0)
		c.report(s, "A1", smpp.StateDelivered)
		c.acknowledged()
		if got := w.status(id); got != message.Accepted {
			t.Errorf("%s by a receipt for another handset", got)
		}
		late := w.send(number(3, 0), "answer and receipt at once")
		s = c.submit()
		wrong := s
		wrong.SubmitSM = &smpp.SubmitSM{Message: s.Message}
		wrong.Dest.Addr = number(4, 0)
		release := w.blockWriters() // both are written in one batch
		c.respond(s, "A2", smpp.StatusOK)
		c.report(wrong, "A2", smpp.StateUndeliverable)
		c.read()
		release()
		c.acknowledged()
		c.report(s, "A2", smpp.StateDelivered)
		w.await(late, message.Delivered)
	})
}

func TestAnswerAndReceiptAtOnceAreOneStep(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), "hello")
		s := c.submit()
		release := w.blockWriters()
		c.respond(s, "A1", smpp.StatusOK)
		c.report(s, "A1", smpp.StateDelivered)
		c.read()
		release()
		c.acknowledged()
		if got := w.status(id); got != message.Delivered {
			t.Errorf("acknowledged while the message is %s", got)
		}
		if n := w.count(keptReceipts); n != 0 {
			t.Errorf("%d receipts were kept as if unknown", n)
		}
	})
}

func TestSegmentsUnderOneIdGetAReceiptEach(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), long)
		var parts []submitted
		for range 3 {
			parts = append(parts, c.submit())
		}
		for _, s := range parts {
			c.respond(s, "ALL", smpp.StatusOK)
		}
		w.await(id, message.Accepted)
		for range parts {
			c.report(parts[0], "ALL", smpp.StateDelivered)
		}
		w.await(id, message.Delivered)
	})
}

func TestWhatIsFinalStaysFinalAndARepeatedReceiptIsNotKept(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id, s := c.taken(w, number(1, 0), "A1")
		for _, state := range []smpp.MessageState{smpp.StateDelivered, smpp.StateDelivered, smpp.StateRejected} {
			c.report(s, "A1", state)
			c.acknowledged()
		}
		if got := w.status(id); got != message.Delivered {
			t.Errorf("DELIVRD became %s", got)
		}
		if n := w.count(keptReceipts); n != 0 {
			t.Errorf("%d repeated receipts were kept", n)
		}
		w.balanced()
	})
}

func TestASegmentsFinalStatusStays(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), long)
		refs := []string{"P1", "P2", "P3"}
		var first submitted
		for i := range refs {
			s := c.submit()
			if c.respond(s, refs[i], smpp.StatusOK); i == 0 {
				first = s
			}
		}
		w.await(id, message.Accepted)
		for _, state := range []smpp.MessageState{smpp.StateDelivered, smpp.StateUndeliverable} {
			c.report(first, refs[0], state)
			c.acknowledged()
		}
		w.await(id, message.PartlyDelivered)
		if n := w.count(`SELECT count(*) FROM pending WHERE message_id = $1 AND status = 4`, id); n != 1 {
			t.Errorf("%d segments are DELIVRD, want 1", n)
		}
	})
}

func TestAReceiptOfAFailedCommitCountsWhenItComesAgain(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id, s := c.taken(w, number(1, 0), "A1")
		w.ok(delivery.ReceiveInVain(w.delivery, carrier.Receipt{Ref: "A1", Recipient: number(1, 0), Status: message.Delivered}))
		if got := w.status(id); got != message.Accepted {
			t.Fatalf("%s without a commit", got)
		}
		c.report(s, "A1", smpp.StateDelivered)
		w.await(id, message.Delivered)
	})
}

func TestACarrierMayUseItsIdsAgain(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		for range 2 {
			id, s := c.taken(w, number(1, 0), "1")
			c.report(s, "1", smpp.StateDelivered)
			w.await(id, message.Delivered)
			c.acknowledged()
		}
	})
}

func TestAnswersToNothingAndAnswersTwiceDoNoHarm(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), "hello")
		s := c.submit()
		nothing := s
		nothing.SubmitSM = &smpp.SubmitSM{Header: smpp.Header{Sequence: s.Sequence + 1000}}
		c.respond(nothing, "Z9", smpp.StatusOK)
		c.respond(s, "A1", smpp.StatusOK)
		c.respond(s, "A2", smpp.StatusInvDstAddr)
		c.read()
		w.await(id, message.Accepted)
		c.report(s, "A1", smpp.StateDelivered)
		w.await(id, message.Delivered)
		w.balanced()
	})
}

func TestAMessageInDoubtTakesTheOneReceiptThatFits(t *testing.T) {
	onWire(t, delivery.Wait, func(t *testing.T, w *world, c *wire) {
		var ids []int64
		var parts []submitted
		for _, to := range []string{number(1, 0), number(2, 0), number(2, 0)} {
			ids = append(ids, w.send(to, "hello"))
			parts = append(parts, c.submit())
		}
		c.cut()
		testkit.Eventually(t, 10*time.Second, func() error { return w.none(liveIntents) })
		c.taken(w, number(9, 0), "over the next link")
		for i, s := range parts {
			c.report(s, "lost"+string(rune('A'+i)), smpp.StateDelivered)
			c.acknowledged()
		}
		w.matchOnce()
		for i, want := range []message.Status{message.Delivered, message.Enqueued, message.Enqueued} {
			if got := w.status(ids[i]); got != want {
				t.Errorf("message %d is %s, want %s", i, got, want)
			}
		}
		if n := w.count(keptReceipts); n != 2 {
			t.Errorf("%d receipts are kept, want the two that may be about either of two messages", n)
		}
	})
}

// Whose the unknown id is nobody can say: a message to the same handset that was in
// doubt too may be final by now.
func TestOfAMessageSentTwiceTheReceiptOfAKnownIdCounts(t *testing.T) {
	onWire(t, delivery.Resend, func(t *testing.T, w *world, c *wire) {
		id := w.send(number(1, 0), "hello")
		first := c.submit()
		c.cut()
		second := c.submit()
		c.respond(second, "second", smpp.StatusOK)
		w.await(id, message.Accepted)
		w.clock.Advance(time.Second)
		c.report(first, "first", smpp.StateUndeliverable)
		c.acknowledged()
		w.matchOnce()
		if got := w.status(id); got != message.Accepted {
			t.Errorf("%s by a receipt that may be another message's", got)
		}
		c.report(second, "second", smpp.StateDelivered)
		w.await(id, message.Delivered)
	})
}
