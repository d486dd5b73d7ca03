//go:build interop

package interop

import (
	"context"
	"encoding/binary"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a bare smpp.Server that takes every message and records what it meets.
type server struct {
	*smpp.Server
	addr string
	ids  atomic.Uint64

	binds   chan smpp.Bind
	bound   chan *smpp.ServerSession
	closed  chan error
	submits chan submit

	heard, said chan []byte // PDUs as octets: from Kannel, and to it
}

// submit is a message, the session that it came by, and the id that it got.
type submit struct {
	*smpp.SubmitSM
	by *smpp.ServerSession
	id string
}

func startServer(t testing.TB, cfg smpp.ServerConfig) *server {
	t.Helper()
	s := &server{
		binds: make(chan smpp.Bind, 100), bound: make(chan *smpp.ServerSession, 100), closed: make(chan error, 100),
		submits: make(chan submit, 1000), heard: make(chan []byte, 10_000), said: make(chan []byte, 10_000),
	}
	cfg.Logger = testkit.Logger(t)
	s.Server = smpp.NewServer(cfg, s)
	ln := listen(t)
	s.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.Serve(tappedListener{ln, s}) }()
	t.Cleanup(func() {
		s.Close(ended())
		<-served
	})
	return s
}

// ended is for those who shall not wait.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func (s *server) Bind(_ *smpp.ServerSession, b *smpp.Bind) smpp.Status {
	s.binds <- *b
	if b.Password != password {
		return smpp.StatusInvPassword
	}
	return smpp.StatusOK
}

func (s *server) Bound(session *smpp.ServerSession) { s.bound <- session }

func (s *server) Closed(_ *smpp.ServerSession, cause error) { s.closed <- cause }

func (s *server) Request(session *smpp.ServerSession, p smpp.PDU, respond func(smpp.PDU)) {
	m, ok := p.(*smpp.SubmitSM)
	if !ok {
		respond(smpp.NewResponse(p, smpp.StatusSysErr))
		return
	}
	id := "id" + strconv.FormatUint(s.ids.Add(1), 10)
	respond(&smpp.SubmitSMResp{MessageID: id})
	s.submits <- submit{m, session, id}
}

// deliver hands Kannel a deliver_sm, which it must take.
func deliver(t testing.TB, session *smpp.ServerSession, d *smpp.DeliverSM) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	resp, err := session.Do(ctx, d)
	if err == nil {
		err = smpp.CheckStatus(resp)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tappedListener writes down what passes through its connections.
type tappedListener struct {
	net.Listener
	server *server
}

func (l tappedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tappedConn{Conn: conn, heard: cutter{pdus: l.server.heard}, said: cutter{pdus: l.server.said}}, nil
}

// tappedConn has one reader and one writer.
type tappedConn struct {
	net.Conn
	heard, said cutter
}

func (c *tappedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.heard.add(b[:n])
	return n, err
}

func (c *tappedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.said.add(b[:n])
	return n, err
}

// cutter cuts a stream into PDUs by command_length (§3.2), without the code that is judged here.
type cutter struct {
	pdus chan<- []byte
	rest []byte
}

func (c *cutter) add(b []byte) {
	c.rest = append(c.rest, b...)
	for len(c.rest) >= smpp.HeaderSize {
		length := int(binary.BigEndian.Uint32(c.rest))
		if length < smpp.HeaderSize || length > len(c.rest) {
			return
		}
		c.pdus <- slices.Clone(c.rest[:length])
		c.rest = c.rest[length:]
	}
}

// header reads what every PDU begins with, but for its length.
func header(pdu []byte) (command smpp.CommandID, status smpp.Status, sequence uint32) {
	word := func(i int) uint32 { return binary.BigEndian.Uint32(pdu[4*i:]) }
	return smpp.CommandID(word(1)), smpp.Status(word(2)), word(3)
}

// awaitPDU passes over PDUs until there is one of the command, and of the sequence number if that is not 0.
func awaitPDU(t testing.TB, pdus <-chan []byte, command smpp.CommandID, sequence uint32) (smpp.Status, uint32) {
	t.Helper()
	_, status, sequence := header(awaitOne(t, command.String(), pdus, func(pdu []byte) bool {
		c, _, seq := header(pdu)
		return c == command && (sequence == 0 || seq == sequence)
	}))
	return status, sequence
}
