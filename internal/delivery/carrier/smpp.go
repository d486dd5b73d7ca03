package carrier

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
)

// Config describes a carrier reached over SMPP 3.4.
type Config struct {
	Address, SystemID, Password, SystemType string

	Window          int // unanswered submits per bind
	Binds           int
	EnquireLink     time.Duration // 0 = the protocol package's default, as for the rest
	ResponseTimeout time.Duration
	MinBackoff      time.Duration
	MaxBackoff      time.Duration
	RefusedDelay    time.Duration // after a bind refused for our name or password

	// OnReceipt takes a receipt; done must be called once what it says is durable
	// (true), or when it could not be kept (false: the carrier sends it again).
	// OnReceipt must not block.
	OnReceipt func(r Receipt, done func(kept bool))
	// OnChange is called after a link was bound or lost. It must not block.
	OnChange func()
	Logger   *slog.Logger
}

// SMPP is a carrier over one or more binds as a transceiver.
type SMPP struct {
	cfg      Config
	links    []*link
	picking  sync.Mutex
	stopping atomic.Bool
}

type link struct {
	*smpp.Client
	open atomic.Int64 // submits without an answer; raised under picking
}

func (l *link) bound() bool { return l.State().Phase == smpp.Bound }

// NewSMPP makes a carrier; Start binds it.
func NewSMPP(cfg Config) *SMPP {
	c := &SMPP{cfg: cfg}
	for range max(cfg.Binds, 1) {
		c.links = append(c.links, &link{Client: smpp.NewClient(smpp.ClientConfig{
			Config: smpp.Config{
				Addr: cfg.Address, SystemID: cfg.SystemID, Password: cfg.Password, SystemType: cfg.SystemType,
				Window: cfg.Window, EnquireInterval: cfg.EnquireLink, ResponseTimeout: cfg.ResponseTimeout,
				OnDeliver: c.deliver, Logger: cfg.Logger,
			},
			MinBackoff: cfg.MinBackoff, MaxBackoff: cfg.MaxBackoff, RefusedDelay: cfg.RefusedDelay,
			OnState: c.changed,
		})})
	}
	return c
}

// Start begins to bind and keeps the links bound until Stop, or until ctx ends.
func (c *SMPP) Start(ctx context.Context) {
	for _, l := range c.links {
		l.Start(ctx)
	}
}

// Stop waits for the answers under way, until ctx ends, and unbinds.
func (c *SMPP) Stop(ctx context.Context) error {
	c.stopping.Store(true)
	var stops sync.WaitGroup
	for _, l := range c.links {
		stops.Go(func() { l.Stop(ctx) })
	}
	stops.Wait()
	return ctx.Err()
}

// Window is how many submits may be without an answer at a time: as many as the
// links allow that are bound now, 0 when none is.
func (c *SMPP) Window() int {
	n := 0
	for _, l := range c.links {
		if l.bound() {
			n += c.cfg.Window
		}
	}
	return n
}

// Bound tells whether a link can take a submit.
func (c *SMPP) Bound() bool { return slices.ContainsFunc(c.links, (*link).bound) }

// State tells how the links are.
func (c *SMPP) State() State {
	s := State{Binds: len(c.links)}
	for _, l := range c.links {
		state := l.State()
		if state.Phase == smpp.Bound {
			s.Bound++
			continue
		}
		if state.Err != nil {
			s.LastError = state.Err.Error()
		}
		if s.Problem == "" || state.Since.Before(s.Since) {
			s.Problem, s.Since = state.Phase.String(), state.Since
			if state.Err != nil {
				s.Problem += ": " + state.Err.Error()
			}
		}
	}
	return s
}

func (c *SMPP) changed(state smpp.State) {
	attrs := []any{"address", c.cfg.Address, "state", state.Phase}
	switch {
	case state.Err != nil && !c.stopping.Load():
		c.cfg.Logger.Warn("carrier link", append(attrs, "error", state.Err)...)
	default:
		c.cfg.Logger.Info("carrier link", attrs...)
	}
	c.cfg.OnChange()
}

// Submit hands a segment to the least busy link and returns at once; done is
// called once with what became of it, perhaps before Submit returns. It must not
// block.
func (c *SMPP) Submit(s *Segment, done func(Answer)) {
	l := c.pick()
	if l == nil {
		done(Answer{Outcome: NotSent, Reason: "no link is bound"})
		return
	}
	l.Send(submitSM(s), func(resp smpp.PDU, err error) {
		l.open.Add(-1)
		done(answer(resp, err))
	})
}

// pick takes a place on the least busy link. One picker at a time, so that no
// link is given more than its window while another has room.
func (c *SMPP) pick() *link {
	c.picking.Lock()
	defer c.picking.Unlock()
	var best *link
	for _, l := range c.links {
		if l.bound() && (best == nil || l.open.Load() < best.open.Load()) {
			best = l
		}
	}
	if best != nil {
		best.open.Add(1)
	}
	return best
}

func submitSM(s *Segment) *smpp.SubmitSM {
	p := &smpp.SubmitSM{Message: smpp.Message{
		Source: source(s.From), Dest: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: s.To},
		RegisteredDelivery: smpp.ReceiptFinal, DataCoding: smpp.DataCoding(s.DataCoding), ShortMessage: s.Data,
	}}
	if s.UDHI {
		p.ESMClass |= smpp.ESMFeatureUDHI
	}
	if period, err := smpp.FormatPeriod(s.Validity); err == nil { // one it can't say is left to the carrier
		p.ValidityPeriod = period
	}
	return p
}

// shortCode is the length up to which digits are a short code, not a number.
const shortCode = 7

// source is a sender ID as an address: letters, a short code, or a number.
func source(sender string) smpp.Address {
	digits := strings.TrimLeft(sender, "0123456789") == ""
	switch {
	case !digits:
		return smpp.Address{TON: smpp.TONAlphanumeric, NPI: smpp.NPIUnknown, Addr: sender}
	case len(sender) <= shortCode:
		return smpp.Address{TON: smpp.TONNetwork, NPI: smpp.NPIUnknown, Addr: sender}
	default:
		return smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: sender}
	}
}

// answer reads what became of a submit_sm by its response's command_status (SMPP
// 3.4 §5.1.3).
func answer(resp smpp.PDU, err error) Answer {
	var field *smpp.FieldError
	switch {
	case errors.Is(err, smpp.ErrNotSent) && errors.As(err, &field):
		return Answer{Outcome: Refused, Reason: err.Error()} // no link will ever take it
	case errors.Is(err, smpp.ErrNotSent):
		return Answer{Outcome: NotSent, Reason: err.Error()}
	case err != nil:
		return Answer{Outcome: NoAnswer, Reason: err.Error()}
	}
	status := resp.Head().Status
	a := Answer{Outcome: Refused, Reason: status.String()}
	switch status {
	case smpp.StatusOK:
		r, ok := resp.(*smpp.SubmitSMResp)
		if !ok { // a generic_nack of status 0 says nothing
			return Answer{Outcome: NoAnswer, Reason: "answered with " + resp.Command().String()}
		}
		a.Outcome, a.Ref = Accepted, r.MessageID
	case smpp.StatusThrottled, smpp.StatusMsgQueueFull:
		a.Outcome = Throttled
	case smpp.StatusSysErr, smpp.StatusReceiverTemporary, smpp.StatusInvBindStatus:
		a.Outcome = Troubled
	}
	return a
}

// deliver takes what the carrier sends us. What is no final receipt is
// acknowledged and passed over; messages from handsets are refused for now, so
// that the carrier keeps them.
func (c *SMPP) deliver(d *smpp.DeliverSM, ack func(smpp.Status)) {
	receipt, err := smpp.ParseReceipt(d)
	switch {
	case errors.Is(err, smpp.ErrNotReceipt):
		ack(smpp.StatusReceiverTemporary)
		return
	case err != nil:
		c.cfg.Logger.Warn("a receipt could not be read", "address", c.cfg.Address, "error", err)
		ack(smpp.StatusReceiverPermanent)
		return
	}
	status, final := segmentStatus(receipt)
	if !final {
		ack(smpp.StatusOK)
		return
	}
	c.cfg.OnReceipt(Receipt{
		Ref: receipt.MessageID, Recipient: d.Source.Addr, Sender: d.Dest.Addr, Status: status, ErrorCode: receipt.Err,
	}, func(kept bool) {
		if kept {
			ack(smpp.StatusOK)
		} else {
			ack(smpp.StatusReceiverTemporary)
		}
	})
}

// segmentStatus reads a receipt's message_state (SMPP 3.4 §5.2.28). ACCEPTED says
// that somebody at the carrier took note, UNKNOWN that it lost track: neither is
// a delivery, and the first may still be followed by one.
func segmentStatus(r smpp.Receipt) (status message.Status, final bool) {
	if r.Intermediate {
		return 0, false
	}
	switch r.State {
	case smpp.StateDelivered:
		return message.Delivered, true
	case smpp.StateExpired:
		return message.Expired, true
	case smpp.StateDeleted:
		return message.Deleted, true
	case smpp.StateUndeliverable, smpp.StateUnknown:
		return message.Undelivered, true
	case smpp.StateRejected:
		return message.Rejected, true
	}
	return 0, false
}
