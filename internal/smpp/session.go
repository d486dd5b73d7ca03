package smpp

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Config describes a session of an ESME with an SMSC. Zero values stand for the defaults named.
type Config struct {
	Addr string // "host:port"
	// Dial opens the connection; default: TCP. A tls.Dialer's DialContext fits here.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	Mode         BindMode // default Transceiver
	SystemID     string
	Password     string
	SystemType   string
	AddressRange Address

	Window     int // our unanswered requests, default 50
	MaxUnacked int // deliveries not yet acknowledged, default 1000

	BindTimeout     time.Duration // to connect and bind, default 10 s
	ResponseTimeout time.Duration // default 60 s
	EnquireInterval time.Duration // silence before an enquire_link, default 30 s
	WriteTimeout    time.Duration // for one write, default 10 s

	// OnDeliver takes a message or receipt from the SMSC. ack answers it, from any goroutine, whenever its fate
	// is safe; only the first call counts. A data_sm comes as the deliver_sm of the same meaning. OnDeliver runs on
	// the session's reader, one call at a time, and must not wait. Once MaxUnacked deliveries are open, the
	// session stops reading, answers to its own requests included, until one is acknowledged; meanwhile no request
	// times out. What was not acknowledged when a link ends, the SMSC delivers again. Default: all are refused with
	// ESME_RX_T_APPN.
	OnDeliver func(d *DeliverSM, ack func(Status))
	// OnAlert takes alert_notification, on the reader like OnDeliver. Default: it is ignored.
	OnAlert func(*AlertNotification)

	Logger *slog.Logger // default: none
}

func (c Config) withDefaults() Config {
	orDefault(&c.Mode, Transceiver)
	orDefault(&c.Window, 50)
	orDefault(&c.MaxUnacked, 1000)
	orDefault(&c.BindTimeout, 10*time.Second)
	orDefault(&c.ResponseTimeout, time.Minute)
	orDefault(&c.EnquireInterval, 30*time.Second)
	orDefault(&c.WriteTimeout, 10*time.Second)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.OnDeliver == nil {
		c.OnDeliver = func(_ *DeliverSM, ack func(Status)) { ack(StatusReceiverTemporary) }
	}
	if c.OnAlert == nil {
		c.OnAlert = func(*AlertNotification) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// orDefault sets what is not positive.
func orDefault[T ~int | ~int64 | ~uint32](v *T, fallback T) {
	if *v <= 0 {
		*v = fallback
	}
}

// Session is one bound connection to an SMSC. Its methods may be called from any goroutine.
type Session struct {
	link *link
	cfg  Config
	peer *BindResp
}

// Dial connects and binds, within ctx and BindTimeout. A refused bind is a *StatusError.
func Dial(ctx context.Context, cfg Config) (*Session, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.BindTimeout)
	defer cancel()
	conn, err := cfg.Dial(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("smpp: connect: %w", err)
	}
	s := &Session{cfg: cfg}
	s.link = newLink(conn, linkConfig{
		window: cfg.Window, maxUnanswered: cfg.MaxUnacked,
		response: cfg.ResponseTimeout, enquire: cfg.EnquireInterval, write: cfg.WriteTimeout,
		logger: cfg.Logger, handle: s.handle,
	})
	s.link.run(nil)
	if err := s.bind(ctx); err != nil {
		s.link.fail(err)
		<-s.link.done
		return nil, fmt.Errorf("smpp: bind as %s: %w", cfg.Mode, err)
	}
	return s, nil
}

func (s *Session) bind(ctx context.Context) error {
	resp, err := s.link.do(ctx, &Bind{
		Mode: s.cfg.Mode, SystemID: s.cfg.SystemID, Password: s.cfg.Password, SystemType: s.cfg.SystemType,
		InterfaceVersion: InterfaceVersion, AddressRange: s.cfg.AddressRange,
	})
	if err != nil {
		return err
	}
	if err := CheckStatus(resp); err != nil {
		return err
	}
	s.peer, _ = resp.(*BindResp)
	if s.peer == nil {
		return fmt.Errorf("%w: answered with %s", ErrNotBound, resp.Command())
	}
	return nil
}

// Send starts a request and returns without waiting for the network. done is called exactly once: with the response,
// whatever its status and be it a generic_nack, or with an error that is ErrNotSent or ErrNoAnswer. A full window is
// ErrNotSent and ErrWindowFull. p is numbered and encoded before Send returns and may be used again then.
//
// When nothing could be sent, done is called before Send returns; else from one of the session's goroutines, which it
// must not hold up: it must not wait for the network or for Close.
func (s *Session) Send(p PDU, done func(resp PDU, err error)) { s.link.send(p, done) }

// Do sends a request, waiting for room in the window, and returns its response, whatever the status. When ctx
// ends after the request was queued the error is ErrNoAnswer, and the request keeps its place in the window until it
// is answered or times out.
func (s *Session) Do(ctx context.Context, p PDU) (PDU, error) { return s.link.do(ctx, p) }

// Submit is Do for a submit_sm; a status other than ESME_ROK is a *StatusError.
func (s *Session) Submit(ctx context.Context, m *SubmitSM) (*SubmitSMResp, error) {
	resp, err := s.link.do(ctx, m)
	if err != nil {
		return nil, err
	}
	return submitted(resp)
}

func submitted(resp PDU) (*SubmitSMResp, error) {
	if err := CheckStatus(resp); err != nil {
		return nil, err
	}
	r, ok := resp.(*SubmitSMResp)
	if !ok { // a generic_nack of status 0 says nothing
		return nil, noAnswer(fmt.Errorf("answered with %s", resp.Command()))
	}
	return r, nil
}

// Peer is the SMSC's answer to the bind.
func (s *Session) Peer() *BindResp { return s.peer }

// Done is closed when the session has ended and every request is finished.
func (s *Session) Done() <-chan struct{} { return s.link.done }

// Err is why the session ended, nil before it does.
func (s *Session) Err() error { return s.link.reason() }

// Stats may be read at any time.
func (s *Session) Stats() Stats { return s.link.stats() }

// Close takes no new requests, waits for the answers to those in flight or the end of ctx, unbinds and disconnects. It
// returns when every request is finished; a second call waits for the first. A failed unbind is not worth an error.
func (s *Session) Close(ctx context.Context) { s.link.close(ctx, true) }

// handle takes what an SMSC may ask of an ESME. Anything else is known to the standard, but not in this direction.
func (s *Session) handle(p PDU) {
	switch p := p.(type) {
	case *DeliverSM:
		respond := s.link.responder(p)
		s.cfg.OnDeliver(p, func(status Status) { respond(&DeliverSMResp{Header: Header{Status: status}}) })
	case *DataSM:
		respond := s.link.responder(p)
		d := &DeliverSM{Header: p.Header, Message: p.Message()}
		s.cfg.OnDeliver(d, func(status Status) { respond(&DataSMResp{Header: Header{Status: status}}) })
	case *AlertNotification:
		s.cfg.OnAlert(p)
	case *Outbind: // means nothing once bound, and has no response
	default:
		s.link.reply(NewResponse(p, StatusInvBindStatus))
	}
}
