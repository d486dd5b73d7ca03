//go:build interop

package interop

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

// number has a place for the row of the simulator's table.
const number = "770100000"

func TestInteropKannelBindsAsConfigured(t *testing.T) {
	t.Run("transceiver", func(t *testing.T) {
		s := startServer(t, smpp.ServerConfig{})
		k := startKannel(t, esme(s.addr))
		session := awaitSessions(t, s, 1)[smpp.Transceiver]
		checkBothWays(t, s, k, session, session)
	})
	t.Run("transmitter and receiver", func(t *testing.T) {
		s := startServer(t, smpp.ServerConfig{})
		_, port, _ := net.SplitHostPort(s.addr)
		k := startKannel(t, esme(s.addr, "transceiver-mode="), esme(s.addr, "transceiver-mode=", "port=", "receive-port="+port))
		sessions := awaitSessions(t, s, 2)
		checkBothWays(t, s, k, sessions[smpp.Transmitter], sessions[smpp.Receiver])
	})
}

// awaitSessions waits for n sessions of different modes, all bound by the same names.
func awaitSessions(t *testing.T, s *server, n int) map[smpp.BindMode]*smpp.ServerSession {
	t.Helper()
	want := smpp.Bind{SystemID: systemID, Password: password, SystemType: systemType, InterfaceVersion: smpp.InterfaceVersion}
	sessions := make(map[smpp.BindMode]*smpp.ServerSession)
	for range n {
		b := await(t, "a bind", s.binds)
		b.Header, b.Mode = smpp.Header{}, 0
		if b != want {
			t.Errorf("bound with %+v", b)
		}
		session := await(t, "a session", s.bound)
		sessions[session.Mode()] = session
	}
	return sessions
}

// checkBothWays has a text come by one session and its receipt go back by the other.
func checkBothWays(t *testing.T, s *server, k *kannel, transmits, receives *smpp.ServerSession) {
	t.Helper()
	if transmits == nil || receives == nil {
		t.Fatal("bound the wrong way")
	}
	k.send(t, number+"00", "hello")
	m := await(t, "a submit_sm", s.submits)
	if m.by != transmits {
		t.Errorf("submitted by the %s", m.by.Mode())
	}
	k.expectReports(t, m.Dest.Addr, m.id, taken) // over two connections, the receipt could overtake the response
	deliver(t, receives, receipt(m, smpp.StateDelivered))
	k.expectReports(t, m.Dest.Addr, m.id, delivered)
}

func TestInteropEveryPDUOfKannelIsReadAndWrittenAlike(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{EnquireInterval: 100 * time.Millisecond})
	k := startKannel(t, esme(s.addr, "enquire-link-interval=1"))
	session := await(t, "a session", s.bound)
	k.send(t, number+"00", strings.Repeat("Тест ", 20), "coding=2", "validity=60", "priority=1") // in parts: with a TLV
	deliver(t, session, receipt(await(t, "a submit_sm", s.submits), smpp.StateDelivered))
	expectAlike(t, s.heard,
		smpp.CmdBindTransceiver, smpp.CmdSubmitSM, smpp.CmdDeliverSMResp, smpp.CmdEnquireLink, smpp.CmdEnquireLinkResp)
	k.bearerbox.stop()
	expectAlike(t, s.heard, smpp.CmdUnbind)
}

// expectAlike takes PDUs until each of the commands has come, and checks them all.
func expectAlike(t *testing.T, pdus <-chan []byte, commands ...smpp.CommandID) {
	t.Helper()
	awaitOne(t, fmt.Sprint("one each of ", commands), pdus, func(pdu []byte) bool {
		checkAlike(t, pdu)
		command, _, _ := header(pdu)
		commands = slices.DeleteFunc(commands, func(c smpp.CommandID) bool { return c == command })
		return len(commands) == 0
	})
}

// checkAlike wants a PDU to decode, and to encode to the same octets.
func checkAlike(t *testing.T, pdu []byte) {
	t.Helper()
	p, err := smpp.Decode(pdu)
	if err != nil {
		t.Errorf("%x: %v", pdu, err)
		return
	}
	if again, err := smpp.Append(nil, p); err != nil || !bytes.Equal(again, pdu) {
		t.Errorf("%s: %v\n got %x\nwant %x", p.Command(), err, again, pdu)
	}
}

func TestInteropEnquireLinkIsAnsweredBothWays(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{EnquireInterval: 100 * time.Millisecond, ResponseTimeout: 2 * time.Second})
	startKannel(t, esme(s.addr, "enquire-link-interval=1"))
	for range 2 {
		_, theirs := awaitPDU(t, s.heard, smpp.CmdEnquireLink, 0)
		if status, _ := awaitPDU(t, s.said, smpp.CmdEnquireLinkResp, theirs); status != smpp.StatusOK {
			t.Errorf("we answered %s", status)
		}
		_, ours := awaitPDU(t, s.said, smpp.CmdEnquireLink, 0)
		if status, _ := awaitPDU(t, s.heard, smpp.CmdEnquireLinkResp, ours); status != smpp.StatusOK {
			t.Errorf("Kannel answered %s", status)
		}
	}
	session := await(t, "a session", s.bound)
	if len(s.bound)+len(s.closed) > 0 || session.Stats() != (smpp.Stats{}) {
		t.Errorf("the session did not last: %+v", session.Stats())
	}
}

func TestInteropKannelUnbindsWhenItStops(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{})
	k := startKannel(t, esme(s.addr))
	session := await(t, "a session", s.bound)
	k.bearerbox.stop()
	_, sequence := awaitPDU(t, s.heard, smpp.CmdUnbind, 0)
	if status, _ := awaitPDU(t, s.said, smpp.CmdUnbindResp, sequence); status != smpp.StatusOK {
		t.Errorf("we answered %s", status)
	}
	if err := await(t, "the end of the session", s.closed); !errors.Is(err, smpp.ErrUnbound) {
		t.Errorf("the session ended for: %v", err)
	}
	<-session.Done()
}

func TestInteropKannelBindsAgain(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *server, *smpp.ServerSession){
		"after a cut": func(_ *testing.T, _ *server, session *smpp.ServerSession) { session.Cut() },
		"after our unbind": func(t *testing.T, s *server, session *smpp.ServerSession) {
			session.Close(t.Context())
			_, sequence := awaitPDU(t, s.said, smpp.CmdUnbind, 0)
			awaitPDU(t, s.heard, smpp.CmdUnbindResp, sequence)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, smpp.ServerConfig{})
			k := startKannel(t, esme(s.addr))
			end(t, s, await(t, "a session", s.bound))
			if err := await(t, "the end of the session", s.closed); !errors.Is(err, smpp.ErrClosed) {
				t.Errorf("the session ended for: %v", err)
			}
			again := await(t, "another session", s.bound)
			k.send(t, number+"00", "still there?")
			if m := await(t, "a submit_sm", s.submits); m.by != again || string(m.ShortMessage) != "still there?" {
				t.Errorf("got %q", m.ShortMessage)
			}
		})
	}
}

func TestInteropWrongPasswordIsRefused(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{})
	k := startKannel(t, esme(s.addr, "smsc-password=wrong"))
	if status, _ := awaitPDU(t, s.said, smpp.CmdBindTransceiverResp, 0); status != smpp.StatusInvPassword {
		t.Errorf("we answered %s", status)
	}
	k.until(t, k.bearerbox, "Kannel gives up", func(s status) bool { return s.Connections[0].Status == "dead" })
	if len(s.bound) > 0 {
		t.Error("a session was bound")
	}
}
