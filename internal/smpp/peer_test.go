package smpp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what must happen; no test waits for it when all is well.
const patience = 5 * time.Second

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// peer is the other end of a session under test: it says exactly the octets a test writes down.
type peer struct {
	t      testing.TB
	conn   net.Conn
	reader *Reader
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &peer{t, conn, NewReader(conn)}
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// dial binds a session to a scripted SMSC.
func dial(t testing.TB, cfg Config) (*Session, *peer) {
	t.Helper()
	ln := listen(t)
	accepted := make(chan *peer, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			accepted <- nil
			return
		}
		p := newPeer(t, conn)
		bind, err := p.reader.Read()
		if err == nil {
			p.send(NewResponse(bind, StatusOK))
		}
		accepted <- p
	}()
	cfg.Addr = ln.Addr().String()
	s, err := Dial(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		s.link.fail(ErrClosed)
		s.Close(ended)
	})
	return s, <-accepted
}

func (p *peer) send(pdus ...PDU) {
	p.t.Helper()
	var b []byte
	for _, pdu := range pdus {
		var err error
		if b, err = Append(b, pdu); err != nil {
			p.t.Error(err)
		}
	}
	p.write(b)
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Error(err)
	}
}

func (p *peer) writeHex(text string) { p.t.Helper(); p.write(octetsOf(p.t, text)) }

func (p *peer) read() PDU {
	p.t.Helper()
	pdu, err := p.reader.Read()
	if err != nil {
		p.t.Fatal(err)
	}
	return pdu
}

// expect reads a PDU and compares what every PDU has.
func (p *peer) expect(command CommandID, status Status, sequence uint32) {
	p.t.Helper()
	pdu := p.read()
	if got := *pdu.Head(); pdu.Command() != command || got != (Header{status, sequence}) {
		p.t.Fatalf("got %s %+v, want %s %s %d", pdu.Command(), got, command, status, sequence)
	}
}

func (p *peer) expectEnd() {
	p.t.Helper()
	if pdu, err := p.reader.Read(); err == nil {
		p.t.Fatalf("got %s, want the end", pdu.Command())
	} else if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		p.t.Fatal("the connection stays open")
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// outcome collects what done was called with.
type outcome chan answer

func newOutcome() outcome { return make(outcome, 16) }

func (o outcome) done(resp PDU, err error) { o <- answer{resp, err} }

func (o outcome) wait(t testing.TB) answer {
	t.Helper()
	select {
	case a := <-o:
		return a
	case <-time.After(patience):
		t.Fatal("done was not called")
		return answer{}
	}
}

// silent checks that done is called no more; the session must have ended, so that nobody is left to call it.
func (o outcome) silent(t testing.TB) {
	t.Helper()
	select {
	case a := <-o:
		t.Fatalf("done was called again: %+v", a)
	default:
	}
}

func waitClosed(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal(what + " did not end")
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

// stuckConn takes the first free octets and then no more until it is closed, like a peer that has stopped reading.
type stuckConn struct {
	net.Conn
	free   int
	stuck  chan struct{} // closed when the first write hangs
	closed chan struct{}
}

func newStuckConn(conn net.Conn, free int) *stuckConn {
	return &stuckConn{conn, free, make(chan struct{}), make(chan struct{})}
}

func (c *stuckConn) Write(b []byte) (int, error) {
	n := min(len(b), c.free)
	c.free -= n
	if _, err := c.Conn.Write(b[:n]); err != nil || n == len(b) {
		return n, err
	}
	close(c.stuck)
	<-c.closed
	return n, io.ErrClosedPipe
}

func (c *stuckConn) Close() error {
	close(c.closed)
	return c.Conn.Close()
}
