package smsc

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what must happen; no test waits for it when all is well.
const patience = 5 * time.Second

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// carrier is a simulator with its handset and its submits recorded.
type carrier struct {
	*Simulator
	messages chan Message
	submits  chan Submit
}

func startCarrier(t testing.TB, cfg Config) *carrier {
	t.Helper()
	c := &carrier{messages: make(chan Message, 10_000), submits: make(chan Submit, 10_000)}
	cfg.OnMessage = func(m Message) { c.messages <- m }
	cfg.OnSubmit = func(s Submit) { c.submits <- s }
	c.Simulator = New(cfg)
	if err := c.Start(context.Background(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := c.Stop(ended); err != nil {
			t.Error(err)
		}
	})
	return c
}

// event is what an ESME hears, in the order it hears it.
type event struct {
	receipt *smpp.Receipt
	resp    *smpp.SubmitSMResp
	err     error
}

// esme is a bare SMPP client that records what comes. Receipts are acknowledged with ack.
type esme struct {
	t       testing.TB
	session *smpp.Session
	events  chan event
}

func bind(t testing.TB, addr string, mode smpp.BindMode, ack func() smpp.Status) *esme {
	t.Helper()
	e := &esme{t: t, events: make(chan event, 10_000)}
	s, err := smpp.Dial(testContext(t), smpp.Config{
		Addr: addr, Mode: mode, SystemID: "esme", Window: 500,
		OnDeliver: func(d *smpp.DeliverSM, reply func(smpp.Status)) {
			r, err := smpp.ParseReceipt(d)
			e.events <- event{receipt: &r, err: err}
			if status := ack(); status != unanswered {
				reply(status)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.session = s
	t.Cleanup(e.close)
	return e
}

// unanswered makes an esme leave receipts unacknowledged.
const unanswered smpp.Status = 0xFFFF

func ok() smpp.Status { return smpp.StatusOK }

func (e *esme) close() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	e.session.Close(ended)
}

func (e *esme) send(m *smpp.SubmitSM) {
	e.session.Send(m, func(resp smpp.PDU, err error) {
		r, _ := resp.(*smpp.SubmitSMResp)
		e.events <- event{resp: r, err: err}
	})
}

func (e *esme) next() event {
	e.t.Helper()
	select {
	case ev := <-e.events:
		return ev
	case <-time.After(patience):
		e.t.Fatal("nothing was heard")
		return event{}
	}
}

// nothingMore proves a silence: a message of the row "any other" goes through, and nothing else is heard before it.
func (e *esme) nothingMore() {
	e.t.Helper()
	e.send(single("77010000099", "probe"))
	resp, receipt := e.next(), e.next()
	if resp.resp == nil || receipt.receipt == nil || receipt.receipt.MessageID != resp.resp.MessageID {
		e.t.Fatalf("heard %+v, %+v", resp, receipt)
	}
}

func (e *esme) waitAnswer(status smpp.Status) *smpp.SubmitSMResp {
	e.t.Helper()
	ev := e.next()
	if ev.err != nil || ev.resp == nil || ev.resp.Status != status {
		e.t.Fatalf("heard %+v, want an answer %s", ev, status)
	}
	return ev.resp
}

func (e *esme) waitReceipt(id string, state smpp.MessageState) {
	e.t.Helper()
	ev := e.next()
	if ev.err != nil || ev.receipt == nil || ev.receipt.MessageID != id || ev.receipt.State != state {
		e.t.Fatalf("heard %+v (%+v), want a receipt %s for %s", ev, ev.receipt, state, id)
	}
}

func (e *esme) waitCut() {
	e.t.Helper()
	if ev := e.next(); !errors.Is(ev.err, smpp.ErrNoAnswer) {
		e.t.Fatalf("heard %+v, want no answer", ev)
	}
	<-e.session.Done()
}

func single(to, text string) *smpp.SubmitSM {
	return &smpp.SubmitSM{Message: smpp.Message{
		Source: smpp.Address{TON: smpp.TONAlphanumeric, Addr: "Shop"}, Dest: smpp.Address{TON: 1, NPI: 1, Addr: to},
		RegisteredDelivery: smpp.ReceiptFinal, ShortMessage: []byte(text),
	}}
}

// part is one segment with an 8-bit concatenation header.
func part(to, text string, ref, total, seq byte) *smpp.SubmitSM {
	m := single(to, "\x05\x00\x03"+string([]byte{ref, total, seq})+text)
	m.ESMClass = smpp.ESMFeatureUDHI
	return m
}

func (c *carrier) waitMessage(t testing.TB, want Message) {
	t.Helper()
	select {
	case got := <-c.messages:
		if got != want {
			t.Fatalf("the handset shows %+v, want %+v", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("the handset never shows %+v", want)
	}
}

// eventually polls for what no channel tells.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}
