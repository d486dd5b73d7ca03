package smpp

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// ClientConfig describes a session to be kept alive.
type ClientConfig struct {
	Config

	MinBackoff   time.Duration // the first wait before binding again, default 500 ms
	MaxBackoff   time.Duration // to which it doubles, default 30 s
	RefusedDelay time.Duration // the wait after a bind refused for who we are, default 60 s

	// OnState is told of every change, one call at a time, from the client's goroutine, which it must not hold up.
	OnState func(State)
}

// Phase is where a client stands.
type Phase int

const (
	Disconnected Phase = iota
	Connecting
	Bound
	// Refused: the SMSC does not accept our name or password. A person has to act; the client tries again, slowly.
	Refused
)

func (p Phase) String() string {
	switch p {
	case Connecting:
		return "connecting"
	case Bound:
		return "bound"
	case Refused:
		return "refused"
	}
	return "disconnected"
}

// State is a client's phase, since when, and the error that last ended or prevented a session.
type State struct {
	Phase Phase
	Since time.Time
	Err   error
}

// Client keeps one session with an SMSC alive: it binds, and when the session ends, binds again. The waits between
// double up to MaxBackoff, each cut short by a random half so that many clients do not come back at once.
type Client struct {
	cfg     ClientConfig
	session atomic.Pointer[Session]
	state   atomic.Pointer[State]

	mu     sync.Mutex
	cancel context.CancelFunc
	closer context.Context // of Stop: limits the closing of the session
	done   chan struct{}
}

// NewClient makes a client that is not yet started.
func NewClient(cfg ClientConfig) *Client {
	cfg.Config = cfg.Config.withDefaults()
	orDefault(&cfg.MinBackoff, 500*time.Millisecond)
	orDefault(&cfg.MaxBackoff, 30*time.Second)
	orDefault(&cfg.RefusedDelay, time.Minute)
	if cfg.OnState == nil {
		cfg.OnState = func(State) {}
	}
	c := &Client{cfg: cfg}
	c.state.Store(&State{Since: time.Now()})
	return c
}

// Start begins to bind and returns. The client runs until Stop, or until ctx ends, when it unbinds without waiting for
// answers. A second Start, even after Stop, does nothing.
func (c *Client) Start(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done != nil {
		return
	}
	ctx, c.cancel = context.WithCancel(ctx)
	c.done = make(chan struct{})
	go func() {
		defer close(c.done)
		c.run(ctx)
	}()
}

// Stop closes the session as Session.Close does and waits until the client has left. Calling it twice, or without
// Start, is safe.
func (c *Client) Stop(ctx context.Context) {
	c.mu.Lock()
	done := c.done
	if done == nil {
		c.mu.Unlock()
		return
	}
	c.closer = ctx
	c.mu.Unlock()
	c.cancel()
	<-done
}

// State is where the client stands now.
func (c *Client) State() State { return *c.state.Load() }

// Send is Session.Send; without a session it is ErrNotSent and ErrNotBound at once.
func (c *Client) Send(p PDU, done func(resp PDU, err error)) {
	s := c.session.Load()
	if s == nil {
		done(nil, notSent(ErrNotBound))
		return
	}
	s.Send(p, done)
}

// Submit is Session.Submit; without a session it is ErrNotSent and ErrNotBound at once.
func (c *Client) Submit(ctx context.Context, m *SubmitSM) (*SubmitSMResp, error) {
	s := c.session.Load()
	if s == nil {
		return nil, notSent(ErrNotBound)
	}
	return s.Submit(ctx, m)
}

// Do is Session.Do; without a session it is ErrNotSent and ErrNotBound at once.
func (c *Client) Do(ctx context.Context, p PDU) (PDU, error) {
	s := c.session.Load()
	if s == nil {
		return nil, notSent(ErrNotBound)
	}
	return s.Do(ctx, p)
}

func (c *Client) run(ctx context.Context) {
	backoff := c.cfg.MinBackoff
	for ctx.Err() == nil {
		c.enter(Connecting, c.State().Err)
		began := time.Now()
		err := c.bindOnce(ctx)
		if time.Since(began) > c.cfg.MaxBackoff {
			backoff = c.cfg.MinBackoff // the session had lasted
		}
		wait := jitter(backoff)
		if isRefusal(err) {
			c.enter(Refused, err)
			wait = c.cfg.RefusedDelay
		} else {
			c.enter(Disconnected, err)
			backoff = min(2*backoff, c.cfg.MaxBackoff)
		}
		pause(ctx, wait)
	}
	if last := c.State(); last.Phase != Disconnected {
		c.enter(Disconnected, last.Err)
	}
}

// bindOnce holds one session from its bind to its end and says what ended it.
func (c *Client) bindOnce(ctx context.Context) error {
	s, err := Dial(ctx, c.cfg.Config)
	if err != nil {
		return err
	}
	c.session.Store(s)
	defer c.session.Store(nil)
	c.enter(Bound, nil)
	select {
	case <-s.link.closing:
		c.session.Store(nil) // no new requests while the old ones are being finished
	case <-ctx.Done():
		s.Close(c.patience(ctx))
	}
	<-s.Done()
	return s.Err()
}

// patience limits how long a stopping client waits for answers: as Stop was told, or not at all.
func (c *Client) patience(ended context.Context) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closer != nil {
		return c.closer
	}
	return ended
}

func (c *Client) enter(phase Phase, err error) {
	s := &State{Phase: phase, Since: time.Now(), Err: err}
	c.state.Store(s)
	c.cfg.OnState(*s)
}

// isRefusal tells a bind refused for who we are from one that may succeed in a moment.
func isRefusal(err error) bool {
	var status *StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.Status {
	case StatusInvPassword, StatusInvSystemID, StatusBindFail:
		return true
	}
	return false
}

func jitter(d time.Duration) time.Duration { return d - rand.N(d/2+1) }

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
