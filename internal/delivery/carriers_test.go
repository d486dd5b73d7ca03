package delivery_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// manner is a way in which a carrier can be bad.
type manner struct {
	name string
	want message.Status // of every message in the end; DELIVRD if 0
	// begin makes what takes the submits of one test; nth counts those for one
	// handset, from 1.
	begin func(c *wire) (take func(s submitted, nth int))
}

// manners. What a carrier can be waited for ends quickly in these tests.
var manners = []manner{
	{name: "takes it, stands still, and says it lives", begin: silentOnce(nothing)},
	{name: "takes it and stands still", begin: func(c *wire) func(submitted, int) {
		c.setDeaf(true)
		var first net.Conn
		return func(s submitted, _ int) {
			if first == nil {
				first = s.conn
			}
			if s.conn != first {
				c.setDeaf(false)
				c.deliver(s)
			}
		}
	}},
	{name: "answers twice", begin: func(c *wire) func(submitted, int) {
		return func(s submitted, _ int) {
			c.respond(s, c.nextID(), smpp.StatusOK)
			c.respond(s, c.nextID(), smpp.StatusOK)
			c.report(s, fmt.Sprint("id-", c.ids-1), smpp.StateDelivered)
		}
	}},
	{name: "takes it and then refuses it", begin: func(c *wire) func(submitted, int) {
		return func(s submitted, _ int) {
			c.deliver(s)
			c.respond(s, "", smpp.StatusInvDstAddr)
		}
	}},
	{name: "refuses it and then takes it", want: message.Rejected, begin: func(c *wire) func(submitted, int) {
		return func(s submitted, _ int) {
			c.respond(s, "", smpp.StatusInvDstAddr)
			c.deliver(s)
		}
	}},
	{name: "answers out of order, after the receipts", begin: func(c *wire) func(submitted, int) {
		var held []submitted
		return func(s submitted, _ int) {
			if held = append(held, s); len(held) < badWindow {
				return
			}
			for i := range held {
				c.report(held[i], fmt.Sprint("held-", held[i].Dest.Addr), smpp.StateDelivered)
				last := held[len(held)-1-i]
				c.respond(last, fmt.Sprint("held-", last.Dest.Addr), smpp.StatusOK)
			}
			held = nil
		}
	}},
	{name: "answers what was never sent", begin: func(c *wire) func(submitted, int) {
		return func(s submitted, _ int) {
			c.write(s.conn, &smpp.SubmitSMResp{Header: smpp.Header{Sequence: s.Sequence + 1000}, MessageID: c.nextID()})
			c.deliver(s)
			c.write(s.conn, &smpp.SubmitSMResp{Header: smpp.Header{Sequence: 0}, MessageID: c.nextID()})
		}
	}},
	{name: "answers as if it were something else", begin: silentOnce(func(c *wire, s submitted) {
		for _, p := range []smpp.PDU{&smpp.DeliverSMResp{}, &smpp.EnquireLinkResp{}, &smpp.UnbindResp{}, &smpp.BindResp{Mode: smpp.Transceiver}} {
			p.Head().Sequence = s.Sequence
			c.write(s.conn, p)
		}
	})},
	{name: "answers with a command that nobody knows", begin: silentOnce(func(c *wire, s submitted) {
		c.writeRaw(s.conn, s.raw(0x80000fff, ""))
	})},
	{name: "answers with an id too long to be one", begin: silentOnce(func(c *wire, s submitted) {
		c.writeRaw(s.conn, s.raw(smpp.CmdSubmitSMResp, strings.Repeat("A", 100)))
	})},
	{name: "answers with octets of no PDU", begin: silentOnce(func(c *wire, s submitted) {
		c.writeRaw(s.conn, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	})},
	{name: "does not understand", want: message.Rejected, begin: func(c *wire) func(submitted, int) {
		return func(s submitted, _ int) {
			c.write(s.conn, &smpp.GenericNack{Header: smpp.Header{Sequence: s.Sequence, Status: smpp.StatusInvCmdID}})
		}
	}},
}

const badWindow = 10

func nothing(*wire, submitted) {}

// silentOnce answers the first submit for a handset with something that is no
// answer, and takes the second.
func silentOnce(first func(c *wire, s submitted)) func(*wire) func(submitted, int) {
	return func(c *wire) func(submitted, int) {
		return func(s submitted, nth int) {
			if nth == 1 {
				first(c, s)
			} else {
				c.deliver(s)
			}
		}
	}
}

// TestABadCarrierCostsNoMessageAndNoSlot: whatever a carrier does, each message
// comes to an end, the whole window can be used again, and the money is right.
func TestABadCarrierCostsNoMessageAndNoSlot(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		c := newWire(t)
		w := newWorld(t, url, c.carries(badWindow, delivery.Resend), impatient)
		for _, m := range manners {
			t.Logf("a carrier that %s", m.name)
			ids := make([]int64, 3*badWindow)
			for i := range ids {
				ids[i] = w.send(number(i, 0), "hello")
			}
			w.carry(c, m.begin(c), ids, cmp.Or(m.want, message.Delivered))
			w.idle()
			w.wholeWindow(c)
			w.balanced()
		}
	})
}

// impatient makes all that a link waits for short.
func impatient(config *delivery.Config, _ *smsc.Config) {
	link := &config.Carriers[0].SMPP
	link.EnquireLink, link.ResponseTimeout = 200*time.Millisecond, 400*time.Millisecond
	link.MinBackoff, link.MaxBackoff = time.Millisecond, 5*time.Millisecond
}

// carry hands the carrier what comes in until all the messages have the status.
func (w *world) carry(c *wire, take func(s submitted, nth int), ids []int64, want message.Status) {
	w.t.Helper()
	nth := map[string]int{}
	tick, limit := time.NewTicker(20*time.Millisecond), time.NewTimer(30*time.Second)
	defer tick.Stop()
	defer limit.Stop()
	for {
		select {
		case s := <-c.submits:
			nth[s.Dest.Addr]++
			take(s, nth[s.Dest.Addr])
			continue
		case <-c.answers: // to receipts
			continue
		case <-tick.C:
		case <-limit.C:
			w.t.Fatalf("not all of %d messages are %s", len(ids), want)
		}
		if w.count(`SELECT count(*) FROM message WHERE id BETWEEN $1 AND $2 AND status = $3`, ids[0], ids[len(ids)-1], int64(want)) == len(ids) {
			return
		}
	}
}

// wholeWindow fills the window with as many messages as it has slots, and answers
// only then.
func (w *world) wholeWindow(c *wire) {
	w.t.Helper()
	var ids []int64
	for i := range badWindow {
		ids = append(ids, w.send(number(5000+i, 0), "hello"))
	}
	var held []submitted
	for range badWindow {
		held = append(held, c.submit())
	}
	for _, s := range held {
		c.deliver(s)
	}
	for _, id := range ids {
		w.await(id, message.Delivered)
	}
	w.idle()
}

// deliver takes a submit and reports it delivered.
func (c *wire) deliver(s submitted) {
	id := c.nextID()
	c.respond(s, id, smpp.StatusOK)
	c.report(s, id, smpp.StateDelivered)
}

// nextID is a message id that was not used before.
func (c *wire) nextID() string {
	c.ids++
	return fmt.Sprint("id-", c.ids)
}

// raw is an answer of any octets (SMPP 3.4 §3.2).
func (s submitted) raw(command smpp.CommandID, body string) (pdu []byte) {
	for _, field := range []uint32{uint32(16 + len(body)), uint32(command), uint32(smpp.StatusOK), s.Sequence} {
		pdu = binary.BigEndian.AppendUint32(pdu, field)
	}
	return append(pdu, body...)
}

// TestALinkCutAtEveryByteOfASubmit: once the carrier may have a single octet the
// segment is in doubt; sent again, it arrives.
func TestALinkCutAtEveryByteOfASubmit(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		c := newWire(t)
		w := newWorld(t, url, c.carries(badWindow, delivery.Resend), quickly)
		w.send(number(0, 0), "x")
		whole := c.submit()
		c.deliver(whole)
		c.acknowledged()
		for offset := range len(octets(t, whole)) + 1 {
			c.cutNext(offset)
			id := w.send(number(1+offset, 0), "x")
			s := c.submit()
			attempts, doubts := w.tries(id)
			if s.Dest.Addr != number(1+offset, 0) || attempts > 2 || offset > 0 && doubts != 1 || doubts != attempts-1 {
				t.Errorf("cut after %d octets: then %s came in, %d attempts, %d in doubt", offset, s.Dest.Addr, attempts, doubts)
			}
			c.deliver(s)
			c.acknowledged()
			if got := w.status(id); got != message.Delivered {
				t.Errorf("cut after %d octets: the message is %s", offset, got)
			}
		}
		w.idle()
		w.wholeWindow(c)
		w.balanced()
		if n := len(c.submits); n != 0 {
			t.Errorf("%d segments were sent once more", n)
		}
	})
}

// TestALinkCutAtEveryByteOfAnAnswer: half an answer is none. The carrier has the
// segment, so what is sent again arrives twice, and no more than that.
func TestALinkCutAtEveryByteOfAnAnswer(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		c := newWire(t)
		w := newWorld(t, url, c.carries(badWindow, delivery.Resend), quickly)
		answer := func(s submitted) *smpp.SubmitSMResp {
			return &smpp.SubmitSMResp{Header: smpp.Header{Sequence: s.Sequence}, MessageID: "half"}
		}
		for offset := range len(octets(t, answer(submitted{SubmitSM: &smpp.SubmitSM{}}))) {
			id := w.send(number(offset, 0), "x")
			s := c.submit()
			c.writeRaw(s.conn, octets(t, answer(s))[:offset])
			c.cut()
			s = c.submit()
			if attempts, doubts := w.tries(id); attempts != 2 || doubts != 1 {
				t.Errorf("cut after %d octets: %d attempts, %d in doubt", offset, attempts, doubts)
			}
			c.deliver(s)
			c.acknowledged()
			if got := w.status(id); got != message.Delivered {
				t.Errorf("cut after %d octets: the message is %s", offset, got)
			}
		}
		w.idle()
		w.wholeWindow(c)
		w.balanced()
	})
}

// quickly binds again at once.
func quickly(config *delivery.Config, _ *smsc.Config) {
	config.Carriers[0].SMPP.MinBackoff, config.Carriers[0].SMPP.MaxBackoff = time.Millisecond, 5*time.Millisecond
}

// tries tells how often a message's segment was, perhaps, sent, and how many of
// these were given up as in doubt.
func (w *world) tries(id int64) (attempts, doubts int) {
	w.t.Helper()
	return w.count(`SELECT attempt FROM pending WHERE message_id = $1`, id), w.count(`SELECT doubt FROM pending WHERE message_id = $1`, id)
}
