package delivery_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
)

// wire is a carrier of which a test writes every octet.
type wire struct {
	t        *testing.T
	listener net.Listener
	submits  chan submitted
	answers  chan smpp.PDU // to what the test sends
	limited  chan struct{} // the next link is one that is cut
	serving  sync.WaitGroup

	mu     sync.Mutex
	room   int  // takes so many binds at a time
	deaf   bool // leaves enquire_link unanswered
	limit  int  // reads so many octets after the next bind and cuts the link; < 0: all
	conns  map[net.Conn]bool
	latest net.Conn
	seq    uint32

	ids int // given out by nextID
}

// submitted is a submit_sm and the link that it came over.
type submitted struct {
	*smpp.SubmitSM
	conn net.Conn
}

func newWire(t *testing.T) *wire {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &wire{t: t, listener: listener, submits: make(chan submitted, 1000), answers: make(chan smpp.PDU, 1000), limited: make(chan struct{}, 1), conns: map[net.Conn]bool{}, room: 1, limit: -1}
	c.serving.Go(c.accept)
	t.Cleanup(func() { listener.Close(); c.cut(); c.serving.Wait() })
	return c
}

// carries makes the world's first carrier this one.
func (c *wire) carries(window int, doubt delivery.Doubt) option {
	return func(config *delivery.Config, _ *smsc.Config) {
		first := &config.Carriers[0]
		first.SMPP.Address, first.SMPP.Window, first.SMPP.Binds, first.Doubt = c.listener.Addr().String(), window, 1, doubt
	}
}

func (c *wire) accept() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.serving.Go(func() { c.serve(conn) })
	}
}

func (c *wire) serve(conn net.Conn) {
	defer c.forget(conn)
	r := smpp.NewReader(conn)
	for {
		p, err := r.Read()
		if err != nil {
			return
		}
		switch p := p.(type) {
		case *smpp.Bind:
			if !c.admit(conn) {
				return
			}
			limit := c.nextLimit()
			c.write(conn, &smpp.BindResp{Header: smpp.Header{Sequence: p.Sequence}, Mode: p.Mode, SystemID: "wire"})
			if limit >= 0 {
				_, _ = io.CopyN(io.Discard, conn, int64(limit)) // nothing can have come before the answer
				return
			}
		case *smpp.SubmitSM:
			c.submits <- submitted{p, conn}
		case *smpp.Unbind:
			c.write(conn, smpp.NewResponse(p, smpp.StatusOK))
		case *smpp.EnquireLink:
			if !c.isDeaf() {
				c.write(conn, smpp.NewResponse(p, smpp.StatusOK))
			}
		default:
			c.answers <- p
		}
	}
}

func (c *wire) admit(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conns) >= c.room {
		return false
	}
	c.conns[conn], c.latest = true, conn
	return true
}

func (c *wire) forget(conn net.Conn) {
	conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}

func (c *wire) write(conn net.Conn, p smpp.PDU) { c.writeRaw(conn, octets(c.t, p)) }

func (c *wire) writeRaw(conn net.Conn, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := conn.Write(b); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
		c.t.Logf("carrier: %v", err)
	}
}

func octets(t *testing.T, p smpp.PDU) []byte {
	b, err := smpp.Append(nil, p)
	if err != nil {
		t.Error(err)
	}
	return b
}

// close takes no more binds; open takes one again.
func (c *wire) close() { c.setRoom(0) }
func (c *wire) open()  { c.setRoom(1) }

func (c *wire) setRoom(room int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room = room
}

// cutNext breaks every link and returns with the next one, which it breaks after
// so many octets of what comes over it.
func (c *wire) cutNext(octets int) {
	c.mu.Lock()
	c.limit = octets
	c.mu.Unlock()
	c.cut()
	<-c.limited
}

func (c *wire) nextLimit() (limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if limit, c.limit = c.limit, -1; limit >= 0 {
		c.limited <- struct{}{}
	}
	return limit
}

func (c *wire) setDeaf(deaf bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = deaf
}

func (c *wire) isDeaf() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deaf
}

// cut breaks every link.
func (c *wire) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}

// submit is the next submit_sm.
func (c *wire) submit() submitted {
	c.t.Helper()
	select {
	case s := <-c.submits:
		return s
	case <-time.After(20 * time.Second):
		c.t.Fatal("no submit_sm")
		panic("unreachable")
	}
}

// respond answers a submit_sm; an empty id refuses it with the status.
func (c *wire) respond(s submitted, id string, status smpp.Status) {
	c.write(s.conn, &smpp.SubmitSMResp{Header: smpp.Header{Sequence: s.Sequence, Status: status}, MessageID: id})
}

// report sends a receipt.
func (c *wire) report(s submitted, id string, state smpp.MessageState) {
	c.send(&smpp.DeliverSM{Message: smpp.Message{
		Source: s.Dest, Dest: s.Source, ESMClass: smpp.ESMTypeReceipt, TLVs: (&smpp.Receipt{MessageID: id, State: state}).TLVs(),
	}})
}

// send sends a request of the carrier's over the latest link.
func (c *wire) send(p smpp.PDU) {
	c.mu.Lock()
	c.seq++
	p.Head().Sequence = c.seq
	conn := c.latest
	c.mu.Unlock()
	c.write(conn, p)
}

// answer is the next answer to what was sent.
func (c *wire) answer() smpp.PDU {
	c.t.Helper()
	select {
	case p := <-c.answers:
		return p
	case <-time.After(20 * time.Second):
		c.t.Fatal("no answer")
		panic("unreachable")
	}
}

// acknowledged waits until a receipt was acknowledged.
func (c *wire) acknowledged() {
	c.t.Helper()
	if p := c.answer(); p.Command() != smpp.CmdDeliverSMResp || p.Head().Status != smpp.StatusOK {
		c.t.Fatalf("a receipt was answered with %s %s", p.Command(), p.Head().Status)
	}
}

// read returns once all that was sent so far has been read at the other end: the
// next answer is that to an enquire_link, unless something was answered before.
func (c *wire) read() {
	c.t.Helper()
	c.send(&smpp.EnquireLink{})
	if p := c.answer(); p.Command() != smpp.CmdEnquireLinkResp {
		c.t.Fatalf("answered with %s meanwhile", p.Command())
	}
}
