package smpp

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// ServerSession is one ESME's connection, seen from the SMSC. Its methods may be called from any goroutine.
type ServerSession struct {
	server *Server
	link   *link
	opened time.Time
	bound  atomic.Pointer[Bind] // set once, by an accepted bind
}

func newServerSession(server *Server, conn net.Conn) *ServerSession {
	s := &ServerSession{server: server, opened: time.Now()}
	cfg := &server.cfg
	s.link = newLink(conn, linkConfig{
		window: cfg.Window, maxUnanswered: cfg.MaxUnanswered,
		response: cfg.ResponseTimeout, enquire: cfg.EnquireInterval, write: cfg.WriteTimeout,
		logger: cfg.Logger, handle: s.handle, watch: s.watch, tick: cfg.BindTimeout / 4,
	})
	return s
}

// SystemID is the name the ESME bound with, empty before.
func (s *ServerSession) SystemID() string {
	if b := s.bound.Load(); b != nil {
		return b.SystemID
	}
	return ""
}

// Mode is how the ESME is bound, zero before.
func (s *ServerSession) Mode() BindMode {
	if b := s.bound.Load(); b != nil {
		return b.Mode
	}
	return 0
}

// RemoteAddr is the ESME's address.
func (s *ServerSession) RemoteAddr() net.Addr { return s.link.conn.RemoteAddr() }

// Send starts a deliver_sm or data_sm to the ESME, with the promises of Session.Send. It needs a receiver or
// transceiver; to another it is ErrNotSent and ErrNotBound.
func (s *ServerSession) Send(p PDU, done func(resp PDU, err error)) {
	if !s.Mode().Receives() {
		done(nil, notSent(ErrNotBound))
		return
	}
	s.link.send(p, done)
}

// Do is Send that waits, with the promises of Session.Do.
func (s *ServerSession) Do(ctx context.Context, p PDU) (PDU, error) {
	if !s.Mode().Receives() {
		return nil, notSent(ErrNotBound)
	}
	return s.link.do(ctx, p)
}

// Alert queues an alert_notification, which has no answer.
func (s *ServerSession) Alert(a *AlertNotification) error {
	if !s.Mode().Receives() {
		return notSent(ErrNotBound)
	}
	return s.link.post(a)
}

// Window is how many requests of Send may be unanswered at a time.
func (s *ServerSession) Window() int { return cap(s.link.slots) }

// Done is closed when the session has ended and every request is finished.
func (s *ServerSession) Done() <-chan struct{} { return s.link.done }

// Stats may be read at any time.
func (s *ServerSession) Stats() Stats { return s.link.stats() }

// Close waits for the answers to what was sent, or the end of ctx, unbinds and disconnects, as Session.Close does. A
// Handler must not call it from within its own methods, which it would wait for.
func (s *ServerSession) Close(ctx context.Context) { s.link.close(ctx, s.bound.Load() != nil) }

// Cut breaks the connection without a word once the answers given so far are written; what the ESME has sent and was
// not read yet is lost. It returns at once. A simulator needs this; an SMSC does not.
func (s *ServerSession) Cut() { s.link.finish(ErrClosed) }

// watch ends a connection that does not bind.
func (s *ServerSession) watch(now time.Time) {
	if s.bound.Load() == nil && now.Sub(s.opened) > s.server.cfg.BindTimeout {
		s.link.fail(fmt.Errorf("%w: no bind", ErrTimeout))
	}
}

func (s *ServerSession) leave(cause error) {
	if s.bound.Load() != nil {
		s.server.handler.Closed(s, cause)
	}
}

func (s *ServerSession) handle(p PDU) {
	switch p := p.(type) {
	case *Bind:
		s.bind(p)
	case *SubmitSM, *SubmitMulti, *DataSM, *QuerySM, *CancelSM, *ReplaceSM:
		if !s.Mode().Transmits() { // §2.3, table 2-1
			s.link.reply(NewResponse(p, StatusInvBindStatus))
			return
		}
		s.server.handler.Request(s, p, s.link.responder(p))
	case *AlertNotification, *Outbind: // the SMSC's to send; they have no response
	default:
		s.link.reply(NewResponse(p, StatusInvBindStatus))
	}
}

func (s *ServerSession) bind(b *Bind) {
	if s.bound.Load() != nil {
		s.link.reply(NewResponse(b, StatusAlreadyBound))
		return
	}
	if status := s.server.handler.Bind(s, b); status != StatusOK {
		s.link.reply(NewResponse(b, status))
		s.link.finish(fmt.Errorf("%w: bind refused with %s", ErrNotBound, status))
		return
	}
	s.link.reply(&BindResp{
		Header: Header{Sequence: b.Sequence}, Mode: b.Mode, SystemID: s.server.cfg.SystemID,
		TLVs: TLVs{ByteTLV(TagSCInterfaceVersion, InterfaceVersion)},
	})
	b.Password = "" // checked; nothing needs it any more
	s.bound.Store(b)
	s.server.handler.Bound(s)
}
