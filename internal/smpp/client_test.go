package smpp

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

func startClient(t *testing.T, cfg ClientConfig) (*Client, chan State) {
	t.Helper()
	states := make(chan State, 256)
	cfg.OnState = func(s State) { states <- s }
	c := NewClient(cfg)
	c.Start(context.Background())
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		c.Stop(ended)
	})
	return c, states
}

func waitPhase(t *testing.T, states chan State, phase Phase) State {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case s := <-states:
			if s.Phase == phase {
				return s
			}
		case <-deadline:
			t.Fatalf("never %s", phase)
		}
	}
}

func TestClientBindsAgainAfterALostLink(t *testing.T) {
	h := newRecorder()
	addr, _ := serve(t, ServerConfig{}, echo{h})
	c, states := startClient(t, ClientConfig{Config: Config{Addr: addr}, MinBackoff: time.Millisecond})
	for range 3 {
		waitPhase(t, states, Bound)
		if _, err := c.Submit(testContext(t), text("a")); err != nil {
			t.Fatal(err)
		}
		(<-h.bound).Cut()
		if s := waitPhase(t, states, Disconnected); s.Err == nil {
			t.Error("no reason for the loss")
		}
	}
}

func TestClientWithoutSessionSendsNothing(t *testing.T) {
	c := NewClient(ClientConfig{})
	o := newOutcome()
	c.Send(text("a"), o.done)
	_, submitErr := c.Submit(testContext(t), text("a"))
	_, doErr := c.Do(testContext(t), &QuerySM{})
	for _, err := range []error{o.wait(t).err, submitErr, doErr} {
		if !errors.Is(err, ErrNotSent) || !errors.Is(err, ErrNotBound) {
			t.Error(err)
		}
	}
}

func TestRefusedBindIsVisibleAndRetriedSlowly(t *testing.T) {
	h := newRecorder()
	h.status = StatusInvPassword
	addr, _ := serve(t, ServerConfig{}, h)
	dials := make(chan struct{}, 100)
	count := func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials <- struct{}{}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	c, states := startClient(t, ClientConfig{
		Config: Config{Addr: addr, Dial: count}, MinBackoff: time.Millisecond, RefusedDelay: time.Hour,
	})
	s := waitPhase(t, states, Refused)
	var status *StatusError
	if !errors.As(s.Err, &status) || status.Status != StatusInvPassword || c.State().Phase != Refused {
		t.Errorf("%+v", s)
	}
	timer := time.NewTimer(30 * time.Millisecond) // thirty times the other backoff
	<-timer.C
	if n := len(dials); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestBackoffGrowsToItsBound(t *testing.T) {
	gaps := make(chan time.Time, 100)
	fail := func(context.Context, string, string) (net.Conn, error) {
		gaps <- time.Now()
		return nil, errors.New("no route")
	}
	startClient(t, ClientConfig{Config: Config{Dial: fail}, MinBackoff: 4 * time.Millisecond, MaxBackoff: 16 * time.Millisecond})
	last := <-gaps
	for _, least := range []time.Duration{2, 4, 8, 8} { // half of 4, 8, 16, 16
		at := <-gaps
		if at.Sub(last) < least*time.Millisecond {
			t.Errorf("waited %v, at least %vms expected", at.Sub(last), int(least))
		}
		last = at
	}
}

func TestJitterStaysWithinHalf(t *testing.T) {
	for range 1000 {
		if d := jitter(100); d < 50 || d > 100 {
			t.Fatal(d)
		}
	}
}

func TestStopWaitsForAnswersAndIsSafeTwice(t *testing.T) {
	h := newRecorder()
	addr, _ := serve(t, ServerConfig{}, h)
	c, states := startClient(t, ClientConfig{Config: Config{Addr: addr}})
	waitPhase(t, states, Bound)
	o := newOutcome()
	c.Send(text("a"), o.done)
	r := <-h.requests
	stopped := make(chan struct{})
	go func() { c.Stop(testContext(t)); close(stopped) }()
	<-c.session.Load().link.closing
	r.respond(NewResponse(r.pdu, StatusOK))
	if a := o.wait(t); a.err != nil {
		t.Error(a.err)
	}
	waitClosed(t, "Stop", stopped)
	c.Stop(testContext(t))
	if p := c.State().Phase; p != Disconnected {
		t.Error(p)
	}
	NewClient(ClientConfig{}).Stop(testContext(t)) // never started
}
