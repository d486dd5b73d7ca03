package smpp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

func text(s string) *SubmitSM { return &SubmitSM{Message: Message{ShortMessage: []byte(s)}} }

func TestSubmitReturnsItsOwnAnswer(t *testing.T) {
	s, peer := dial(t, Config{Window: 64})
	const n = 50
	outcomes := make([]outcome, n)
	for i := range outcomes {
		outcomes[i] = newOutcome()
		s.Send(text(fmt.Sprint(i)), outcomes[i].done)
	}
	var answers []PDU
	for range n {
		m := peer.read().(*SubmitSM)
		answers = append(answers, &SubmitSMResp{Header: Header{Sequence: m.Sequence}, MessageID: string(m.ShortMessage)})
	}
	rand.Shuffle(n, func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
	peer.send(answers...)
	for i, o := range outcomes {
		if a := o.wait(t); a.err != nil || a.resp.(*SubmitSMResp).MessageID != fmt.Sprint(i) {
			t.Errorf("%d: %+v", i, a)
		}
	}
}

func TestStatusIsAnErrorOfSubmitNotOfSend(t *testing.T) {
	s, peer := dial(t, Config{})
	go func() {
		for range 2 {
			if m, err := peer.reader.Read(); err == nil {
				peer.send(NewResponse(m, StatusThrottled))
			}
		}
	}()
	o := newOutcome()
	s.Send(text("a"), o.done)
	if a := o.wait(t); a.err != nil || a.resp.Head().Status != StatusThrottled {
		t.Errorf("Send: %+v", a)
	}
	_, err := s.Submit(testContext(t), text("b"))
	var status *StatusError
	if !errors.As(err, &status) || status.Status != StatusThrottled {
		t.Errorf("Submit: %v", err)
	}
}

func TestAnsweredByGenericNack(t *testing.T) {
	s, peer := dial(t, Config{})
	go func() {
		if m, err := peer.reader.Read(); err == nil {
			peer.send(&GenericNack{Header{StatusInvCmdID, m.Head().Sequence}})
		}
	}()
	_, err := s.Submit(testContext(t), text("a"))
	var status *StatusError
	if !errors.As(err, &status) || status.Command != CmdGenericNack {
		t.Error(err)
	}
}

func TestCutWithinAnAnswerLeavesItInDoubt(t *testing.T) {
	s, peer := dial(t, Config{})
	o := newOutcome()
	s.Send(text("a"), o.done)
	peer.read()
	peer.writeHex(`00000015 80000004 0000`)
	peer.conn.Close()
	if a := o.wait(t); !errors.Is(a.err, ErrNoAnswer) || errors.Is(a.err, ErrNotSent) {
		t.Errorf("%+v", a)
	}
	waitClosed(t, "session", s.Done())
	o.silent(t)
}

// A write that hangs half way through a batch: what the network took is in doubt, down to the PDU it cut in two; what
// comes after is certain not to have been sent.
func TestWhatWasNeverWrittenIsNotSent(t *testing.T) {
	first, _ := Append(nil, text("1"))
	for name, tc := range map[string]struct{ free, inDoubt int }{
		"nothing":             {0, 0},
		"one octet":           {1, 1},
		"one PDU":             {len(first), 1},
		"one PDU and a octet": {len(first) + 1, 2},
		"two PDUs":            {2 * len(first), 2},
	} {
		t.Run(name, func(t *testing.T) {
			bind, _ := Append(nil, &Bind{Mode: Transceiver})
			var stuck *stuckConn
			s, _ := dial(t, Config{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				stuck = newStuckConn(conn, len(bind)+tc.free)
				return stuck, err
			}})
			outcomes := []outcome{newOutcome(), newOutcome(), newOutcome(), newOutcome()}
			for _, o := range outcomes {
				s.Send(text("1"), o.done)
			}
			waitClosed(t, "writing", stuck.stuck)
			s.link.fail(errors.New("pulled the plug"))
			for i, o := range outcomes {
				want, a := ErrNotSent, o.wait(t)
				if i < tc.inDoubt {
					want = ErrNoAnswer
				}
				if !errors.Is(a.err, want) {
					t.Errorf("PDU %d: %v, want %v", i, a.err, want)
				}
			}
			waitClosed(t, "session", s.Done())
			for _, o := range outcomes {
				o.silent(t)
			}
		})
	}
}

func TestSendAfterTheEndIsNotSent(t *testing.T) {
	s, peer := dial(t, Config{})
	peer.conn.Close()
	waitClosed(t, "session", s.Done())
	o := newOutcome()
	s.Send(text("a"), o.done)
	if a := o.wait(t); !errors.Is(a.err, ErrNotSent) {
		t.Error(a.err)
	}
	if _, err := s.Submit(testContext(t), text("a")); !errors.Is(err, ErrNotSent) {
		t.Error(err)
	}
}

func TestUnencodableIsNotSentAndTakesNoSlot(t *testing.T) {
	s, peer := dial(t, Config{Window: 1})
	for range 3 {
		if _, err := s.Submit(testContext(t), &SubmitSM{Message: Message{ServiceType: "too long"}}); !errors.Is(err, ErrNotSent) {
			t.Fatal(err)
		}
	}
	s.Send(text("a"), newOutcome().done)
	if m := peer.read(); m.Command() != CmdSubmitSM {
		t.Error(m.Command())
	}
}

func TestWindowBoundsWhatIsUnanswered(t *testing.T) {
	s, peer := dial(t, Config{Window: 2})
	o := newOutcome()
	s.Send(text("1"), o.done)
	s.Send(text("2"), o.done)
	full := newOutcome()
	s.Send(text("3"), full.done)
	if a := full.wait(t); !errors.Is(a.err, ErrWindowFull) || !errors.Is(a.err, ErrNotSent) {
		t.Errorf("third: %v", a.err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Submit(short, text("4")); !errors.Is(err, ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting: %v", err)
	}
	waiting := make(chan error, 1)
	go func() { _, err := s.Submit(testContext(t), text("5")); waiting <- err }()
	for range 3 { // the answer to the first lets the one that waits go
		peer.send(NewResponse(peer.read(), StatusOK))
	}
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

func TestStrayAnswersAreCountedAndIgnored(t *testing.T) {
	s, peer := dial(t, Config{})
	o := newOutcome()
	s.Send(text("a"), o.done)
	m := peer.read()
	ok := NewResponse(m, StatusOK)
	peer.send(
		&SubmitSMResp{Header: Header{Sequence: 4711}}, // never sent
		&EnquireLinkResp{*m.Head()},                   // sent, but not an enquire_link
		ok, ok,                                        // twice
		&GenericNack{},
	)
	peer.writeHex(`00000010 80000099 00000000 00000001`) // an answer of no known command
	o.wait(t)
	eventually(t, "five strays", func() bool { return s.Stats().Stray == 5 })
	peer.send(&EnquireLink{Header{0, 9}})
	peer.expect(CmdEnquireLinkResp, StatusOK, 9) // nothing was said about any of them
	o.silent(t)
}

func TestUnreadableAnswerLeavesItInDoubt(t *testing.T) {
	s, peer := dial(t, Config{})
	o := newOutcome()
	s.Send(text("a"), o.done)
	peer.read()
	peer.writeHex(`00000018 80000004 00000000 00000002 6100 04240009 6161`)
	if a := o.wait(t); !errors.Is(a.err, ErrNoAnswer) {
		t.Errorf("%+v", a)
	}
}

func TestLateAnswerIsInDoubtAndGivesItsSlotBack(t *testing.T) {
	s, peer := dial(t, Config{Window: 1, ResponseTimeout: 20 * time.Millisecond})
	for range 2 {
		_, err := s.Submit(testContext(t), text("a"))
		if !errors.Is(err, ErrNoAnswer) || !errors.Is(err, ErrTimeout) {
			t.Fatal(err)
		}
		peer.read()
	}
	if s.Stats().Expired != 2 {
		t.Errorf("%+v", s.Stats())
	}
}

func TestContextEndingBeforeTheAnswerLeavesItInDoubt(t *testing.T) {
	s, peer := dial(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, _ = peer.reader.Read(); cancel() }()
	if _, err := s.Submit(ctx, text("a")); !errors.Is(err, ErrNoAnswer) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPeerIsAnsweredByTheRules(t *testing.T) {
	for name, tc := range map[string]struct {
		hex      string
		command  CommandID
		status   Status
		sequence uint32
		ends     bool
	}{
		"enquire_link":             {`00000010 00000015 00000000 00000009`, CmdEnquireLinkResp, StatusOK, 9, false},
		"unbind":                   {`00000010 00000006 00000000 00000009`, CmdUnbindResp, StatusOK, 9, true},
		"unknown command":          {`00000012 00000099 00000000 00000009 FFFF`, CmdGenericNack, StatusInvCmdID, 9, false},
		"length beyond bounds":     {`7FFFFFFF 00000005 00000000 00000009`, CmdGenericNack, StatusInvCmdLen, 0, true},
		"unreadable deliver_sm":    {`00000012 00000005 00000000 00000009 0000`, CmdDeliverSMResp, StatusInvSrcAddr, 9, false},
		"submit_sm to an ESME":     {`00000021 00000004 00000000 00000009 00 000000 000000 000000 0000 00000000 00`, CmdSubmitSMResp, StatusInvBindStatus, 9, false},
		"deliver_sm, nobody there": {`00000021 00000005 00000000 00000009 00 000000 000000 000000 0000 00000000 00`, CmdDeliverSMResp, StatusReceiverTemporary, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, peer := dial(t, Config{})
			peer.writeHex(tc.hex)
			peer.expect(tc.command, tc.status, tc.sequence)
			if tc.ends {
				peer.expectEnd()
				waitClosed(t, "session", s.Done())
				return
			}
			peer.send(&EnquireLink{Header{0, 10}})
			peer.expect(CmdEnquireLinkResp, StatusOK, 10)
		})
	}
}

func TestDeliveriesAreAcknowledgedLaterAndOnce(t *testing.T) {
	type delivery struct {
		d   *DeliverSM
		ack func(Status)
	}
	got := make(chan delivery, 2)
	_, peer := dial(t, Config{OnDeliver: func(d *DeliverSM, ack func(Status)) { got <- delivery{d, ack} }})
	peer.send(
		&DeliverSM{Header{0, 5}, Message{ShortMessage: []byte("first")}},
		&DataSM{Header: Header{0, 6}, TLVs: TLVs{{TagMessagePayload, []byte("second")}}},
		&EnquireLink{Header{0, 7}},
	)
	peer.expect(CmdEnquireLinkResp, StatusOK, 7) // read on, though nothing is acknowledged
	first, second := <-got, <-got
	if string(first.d.Payload())+string(second.d.Payload()) != "firstsecond" {
		t.Errorf("%+v %+v", first.d, second.d)
	}
	second.ack(StatusOK)
	second.ack(StatusSysErr)
	first.ack(StatusReceiverTemporary)
	peer.expect(CmdDataSMResp, StatusOK, 6)
	peer.expect(CmdDeliverSMResp, StatusReceiverTemporary, 5)
}

func TestUnacknowledgedDeliveriesHoldThePeerBack(t *testing.T) {
	const limit, sent = 3, 50
	acks := make(chan func(Status), sent)
	_, peer := dial(t, Config{MaxUnacked: limit, OnDeliver: func(_ *DeliverSM, ack func(Status)) { acks <- ack }})
	for i := range sent {
		peer.send(&DeliverSM{Header{0, uint32(i)}, Message{}})
	}
	for range sent {
		ack := <-acks
		if open := len(acks) + 1; open > limit {
			t.Fatalf("%d deliveries open", open)
		}
		ack(StatusOK)
	}
	for i := range sent {
		peer.expect(CmdDeliverSMResp, StatusOK, uint32(i))
	}
}

func TestNoRequestTimesOutWhileReadingIsHeldBack(t *testing.T) {
	acks := make(chan func(Status), 1)
	s, peer := dial(t, Config{
		MaxUnacked: 1, ResponseTimeout: 10 * time.Millisecond, EnquireInterval: 10 * time.Millisecond,
		OnDeliver: func(_ *DeliverSM, ack func(Status)) { acks <- ack },
	})
	peer.send(&DeliverSM{Header{0, 1}, Message{}})
	ack := <-acks
	eventually(t, "parked", func() bool { s.link.mu.Lock(); defer s.link.mu.Unlock(); return s.link.parked })
	o := newOutcome()
	s.Send(text("a"), o.done)
	for {
		if m := peer.read(); m.Command() == CmdSubmitSM {
			peer.send(NewResponse(m, StatusOK))
			break
		}
	}
	timer := time.NewTimer(60 * time.Millisecond) // several timeouts long
	select {
	case a := <-o:
		t.Fatalf("finished while the answer lay unread: %+v", a)
	case <-timer.C:
	}
	ack(StatusOK)
	if a := o.wait(t); a.err != nil {
		t.Error(a.err)
	}
}

func TestPeerThatReadsNoAnswersIsHeldBack(t *testing.T) {
	var handled atomic.Int64
	s, peer := dial(t, Config{WriteTimeout: 200 * time.Millisecond, OnDeliver: func(_ *DeliverSM, ack func(Status)) {
		handled.Add(1)
		ack(StatusOK)
	}})
	batch, _ := Append(nil, &EnquireLink{Header{0, 1}})
	for range 12 {
		batch = append(batch, batch...)
	}
	for range 1000 { // 64 MiB of enquire_links, were they taken
		if _, err := peer.conn.Write(batch); err != nil {
			break
		}
	}
	waitClosed(t, "session", s.Done())
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	if held := len(s.link.out); held > outLimit+MaxSize {
		t.Errorf("%d octets of answers held", held)
	}
}

func TestIdleLinkIsEnquired(t *testing.T) {
	s, peer := dial(t, Config{EnquireInterval: 10 * time.Millisecond, ResponseTimeout: 50 * time.Millisecond})
	for range 3 {
		m := peer.read()
		if m.Command() != CmdEnquireLink {
			t.Fatal(m.Command())
		}
		peer.send(NewResponse(m, StatusOK))
	}
	waitClosed(t, "silent session", s.Done()) // not answered any more
	if !errors.Is(s.Err(), ErrTimeout) {
		t.Error(s.Err())
	}
}

func TestCloseWaitsForAnswersThenUnbinds(t *testing.T) {
	s, peer := dial(t, Config{})
	o := newOutcome()
	s.Send(text("a"), o.done)
	m := peer.read()
	closed := make(chan struct{})
	go func() { s.Close(testContext(t)); close(closed) }()
	<-s.link.closing
	late := newOutcome()
	s.Send(text("b"), late.done)
	if a := late.wait(t); !errors.Is(a.err, ErrNotSent) {
		t.Errorf("while closing: %+v", a)
	}
	peer.send(NewResponse(m, StatusOK))
	if a := o.wait(t); a.err != nil {
		t.Error(a.err)
	}
	unbind := peer.read()
	if unbind.Command() != CmdUnbind {
		t.Fatal(unbind.Command())
	}
	peer.send(NewResponse(unbind, StatusOK))
	waitClosed(t, "Close", closed)
	s.Close(testContext(t))
}

func TestCloseEndsWithItsContext(t *testing.T) {
	s, peer := dial(t, Config{})
	o := newOutcome()
	s.Send(text("a"), o.done)
	peer.read()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	go func() { _, _ = peer.reader.Read(); peer.conn.Close() }() // the unbind, unanswered
	s.Close(ctx)
	if a := o.wait(t); !errors.Is(a.err, ErrNoAnswer) {
		t.Error(a.err)
	}
}

func TestDialTellsARefusedBind(t *testing.T) {
	ln := listen(t)
	go func() {
		if conn, err := ln.Accept(); err == nil {
			p := newPeer(t, conn)
			if bind, err := p.reader.Read(); err == nil {
				p.send(NewResponse(bind, StatusInvPassword))
			}
		}
	}()
	_, err := Dial(testContext(t), Config{Addr: ln.Addr().String()})
	var status *StatusError
	if !errors.As(err, &status) || status.Status != StatusInvPassword {
		t.Error(err)
	}
}

func TestSequenceNumbersWrapAndSkipTheUnanswered(t *testing.T) {
	l := newLink(nil, linkConfig{})
	l.sequence = maxSequence - 1
	l.waiting[1] = request{}
	for _, want := range []uint32{maxSequence, 2, 3} {
		if got := l.nextSequence(); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}

func TestResponseTimeStartsAnewAfterReadingWasHeldBack(t *testing.T) {
	l, now := newLink(nil, linkConfig{response: time.Second, window: 1}), time.Now()
	o := newOutcome()
	l.waiting[1] = request{started: now.Add(-time.Hour), done: o.done}
	l.unparked = now
	l.expire(now.Add(time.Second - 1))
	o.silent(t)
	l.expire(now.Add(time.Second))
	if a := o.wait(t); !errors.Is(a.err, ErrTimeout) {
		t.Errorf("%+v", a)
	}
}
