package smpp

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// recorder is a Handler that accepts everything and keeps what it was told.
type recorder struct {
	status   Status // of binds
	bound    chan *ServerSession
	closed   chan error
	requests chan asked
}

type asked struct {
	pdu     PDU
	respond func(PDU)
}

func newRecorder() *recorder {
	return &recorder{bound: make(chan *ServerSession, 16), closed: make(chan error, 16), requests: make(chan asked, 1024)}
}

func (r *recorder) Bind(*ServerSession, *Bind) Status    { return r.status }
func (r *recorder) Bound(s *ServerSession)               { r.bound <- s }
func (r *recorder) Closed(_ *ServerSession, cause error) { r.closed <- cause }
func (r *recorder) Request(_ *ServerSession, p PDU, respond func(PDU)) {
	r.requests <- asked{p, respond}
}

// echo answers every submit_sm at once.
type echo struct{ *recorder }

func (e echo) Request(_ *ServerSession, p PDU, respond func(PDU)) { respond(NewResponse(p, StatusOK)) }

// serve runs a server for the length of a test.
func serve(t testing.TB, cfg ServerConfig, h Handler) (addr string, server *Server) {
	t.Helper()
	server = NewServer(cfg, h)
	ln := listen(t)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		server.Close(ended)
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return ln.Addr().String(), server
}

// connect is a scripted ESME.
func connect(t testing.TB, addr string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, conn)
}

func (p *peer) bind(mode BindMode) {
	p.t.Helper()
	p.send(&Bind{Header: Header{0, 1}, Mode: mode, SystemID: "esme", InterfaceVersion: InterfaceVersion})
	p.expect(CommandID(mode).Response(), StatusOK, 1)
}

func TestRequestsNeedTheRightBind(t *testing.T) {
	requests := []PDU{&SubmitSM{}, &SubmitMulti{Dests: make([]Destination, 1)}, &DataSM{}, &QuerySM{}, &CancelSM{}, &ReplaceSM{}}
	for _, mode := range []BindMode{0, Receiver, Transmitter, Transceiver} {
		t.Run(mode.String(), func(t *testing.T) {
			h := newRecorder()
			addr, _ := serve(t, ServerConfig{}, h)
			p := connect(t, addr)
			if mode != 0 {
				p.bind(mode)
			}
			for i, req := range requests {
				*req.Head() = Header{0, uint32(i + 2)}
				p.send(req)
				want := StatusInvBindStatus
				if mode.Transmits() {
					want = StatusInvDstAddr
					got := <-h.requests
					got.respond(NewResponse(got.pdu, want))
				}
				p.expect(req.Command().Response(), want, uint32(i+2))
			}
			if len(h.requests) != 0 {
				t.Error("a request came past the bind")
			}
		})
	}
}

func TestDeliveriesNeedAReceiver(t *testing.T) {
	for _, mode := range []BindMode{Receiver, Transmitter, Transceiver} {
		h := newRecorder()
		addr, _ := serve(t, ServerConfig{}, h)
		p := connect(t, addr)
		p.bind(mode)
		o := newOutcome()
		(<-h.bound).Send(&DeliverSM{}, o.done)
		if !mode.Receives() {
			if a := o.wait(t); !errors.Is(a.err, ErrNotSent) || !errors.Is(a.err, ErrNotBound) {
				t.Errorf("%s: %+v", mode, a)
			}
			continue
		}
		p.send(NewResponse(p.read(), StatusReceiverTemporary))
		if a := o.wait(t); a.err != nil || a.resp.Head().Status != StatusReceiverTemporary {
			t.Errorf("%s: %+v", mode, a)
		}
	}
}

func TestSecondBindIsRefusedAndTheFirstStays(t *testing.T) {
	addr, _ := serve(t, ServerConfig{SystemID: "smsc"}, newRecorder())
	p := connect(t, addr)
	p.bind(Receiver)
	p.send(&Bind{Header: Header{0, 2}, Mode: Transceiver})
	p.expect(CmdBindTransceiverResp, StatusAlreadyBound, 2)
	p.send(&EnquireLink{Header{0, 3}})
	p.expect(CmdEnquireLinkResp, StatusOK, 3)
}

func TestRefusedBindIsToldThenCut(t *testing.T) {
	h := newRecorder()
	h.status = StatusInvPassword
	addr, _ := serve(t, ServerConfig{}, h)
	p := connect(t, addr)
	p.send(&Bind{Header: Header{0, 1}, Mode: Transceiver})
	p.expect(CmdBindTransceiverResp, StatusInvPassword, 1)
	p.expectEnd()
	if len(h.bound)+len(h.closed) != 0 {
		t.Error("the handler was told of a session that never was")
	}
}

func TestConnectionsThatDoNotBindAreEnded(t *testing.T) {
	addr, _ := serve(t, ServerConfig{BindTimeout: 20 * time.Millisecond}, newRecorder())
	bound := connect(t, addr)
	bound.bind(Transmitter)
	connect(t, addr).expectEnd()
	bound.send(&EnquireLink{Header{0, 2}})
	bound.expect(CmdEnquireLinkResp, StatusOK, 2)
}

func TestConnectionsAreBounded(t *testing.T) {
	addr, _ := serve(t, ServerConfig{MaxConns: 1}, newRecorder())
	first := connect(t, addr)
	first.bind(Transmitter)
	connect(t, addr).expectEnd()
	first.conn.Close()
	eventually(t, "the place is free again", func() bool {
		p := connect(t, addr)
		p.send(&EnquireLink{Header{0, 1}})
		_, err := p.reader.Read()
		return err == nil
	})
}

func TestHandlersAnswerInAnyOrderAndOnce(t *testing.T) {
	h := newRecorder()
	addr, _ := serve(t, ServerConfig{}, h)
	p := connect(t, addr)
	p.bind(Transmitter)
	p.send(&SubmitSM{Header: Header{0, 7}}, &SubmitSM{Header: Header{0, 8}})
	first, second := <-h.requests, <-h.requests
	second.respond(&SubmitSMResp{MessageID: "b"})
	second.respond(&SubmitSMResp{MessageID: "c"})
	first.respond(&CancelSMResp{}) // the wrong command: a defect, but the ESME gets an answer
	p.expect(CmdSubmitSMResp, StatusOK, 8)
	p.expect(CmdSubmitSMResp, StatusSysErr, 7)
}

func TestUnansweredRequestsHoldTheESMEBack(t *testing.T) {
	const limit, sent = 4, 40
	h := newRecorder()
	addr, _ := serve(t, ServerConfig{MaxUnanswered: limit}, h)
	p := connect(t, addr)
	p.bind(Transmitter)
	for i := range sent {
		p.send(&SubmitSM{Header: Header{0, uint32(i + 2)}})
	}
	for i := range sent {
		r := <-h.requests
		if open := len(h.requests) + 1; open > limit {
			t.Fatalf("%d requests open", open)
		}
		r.respond(NewResponse(r.pdu, StatusOK))
		p.expect(CmdSubmitSMResp, StatusOK, uint32(i+2))
	}
}

func TestServerCloseUnbindsEverySession(t *testing.T) {
	h := newRecorder()
	addr, server := serve(t, ServerConfig{}, h)
	peers := []*peer{connect(t, addr), connect(t, addr)}
	for _, p := range peers {
		p.bind(Transceiver)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { server.Close(testContext(t)) })
	}
	for _, p := range peers {
		unbind := p.read()
		if unbind.Command() != CmdUnbind {
			t.Fatal(unbind.Command())
		}
		p.send(NewResponse(unbind, StatusOK))
		p.expectEnd()
	}
	both.Wait()
	for range peers {
		if cause := <-h.closed; !errors.Is(cause, ErrClosed) {
			t.Error(cause)
		}
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("still listening")
	}
	if err := server.Serve(listen(t)); !errors.Is(err, ErrServerClosed) {
		t.Error(err)
	}
}

func TestAlertNeedsNoAnswer(t *testing.T) {
	h := newRecorder()
	addr, _ := serve(t, ServerConfig{Window: 1}, h)
	alerts := make(chan *AlertNotification, 3)
	s, err := Dial(testContext(t), Config{Addr: addr, OnAlert: func(a *AlertNotification) { alerts <- a }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(testContext(t))
	session := <-h.bound
	for range 3 {
		if err := session.Alert(&AlertNotification{Source: Address{Addr: "7"}}); err != nil {
			t.Fatal(err)
		}
		if a := <-alerts; a.Source.Addr != "7" {
			t.Errorf("%+v", a)
		}
	}
}

func BenchmarkLoopback(b *testing.B) {
	addr, _ := serve(b, ServerConfig{}, echo{newRecorder()})
	const window = 200
	s, err := Dial(context.Background(), Config{Addr: addr, Window: window})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(context.Background())
	m, free := benchmarkMessage(), make(chan struct{}, window)
	done := func(PDU, error) { <-free }
	b.ReportAllocs()
	for b.Loop() {
		free <- struct{}{}
		s.Send(m, done)
	}
	for range window {
		free <- struct{}{}
	}
}
