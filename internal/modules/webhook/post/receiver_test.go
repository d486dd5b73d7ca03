package post

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything may take that has to happen.
const patience = time.Minute

var onlyHere = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// behaviour is what a receiver does with its nth connection, from 1. The connection is
// closed when it returns.
type behaviour func(c *peer, nth int)

// receiver is a server on loopback.
type receiver struct {
	url    string
	posted chan string // the path and the body of each request that was read
	close  func()      // stops listening
}

// listen starts a receiver. The test ends when all its connections have: whoever posts has
// to let go of them.
func listen(t *testing.T, secure *tls.Config, do behaviour) *receiver {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{url: "http://" + l.Addr().String(), posted: make(chan string, 100), close: func() { l.Close() }}
	if secure != nil {
		r.url = "https://" + l.Addr().String()
	}
	var all sync.WaitGroup
	all.Go(func() {
		for nth := 1; ; nth++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			plain := c.(*net.TCPConn)
			if secure != nil {
				c = tls.Server(c, secure)
			}
			all.Go(func() {
				defer c.Close()
				do(&peer{Conn: c, plain: plain, reader: bufio.NewReader(c), receiver: r}, nth)
			})
		}
	})
	t.Cleanup(func() {
		r.close()
		within(t, "the connections end", all.Wait)
	})
	return r
}

// within fails the test where something takes too long.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("in vain: " + what)
	}
}

// peer is a receiver's end of a connection.
type peer struct {
	net.Conn
	plain    *net.TCPConn
	reader   *bufio.Reader
	receiver *receiver
}

// request reads a request; false when the connection has ended.
func (p *peer) request() bool {
	r, err := http.ReadRequest(p.reader)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		p.receiver.posted <- r.RequestURI + " " + string(body)
	}
	return err == nil
}

// say writes; false when the connection has ended.
func (p *peer) say(s string) bool {
	_, err := io.WriteString(p, s)
	return err == nil
}

// lastly waits for the other end to close the connection.
func (p *peer) lastly() { _, _ = io.Copy(io.Discard, p.reader) }

// silent does so without a handshake.
func (p *peer) silent() { _, _ = io.Copy(io.Discard, p.plain) }

// answers is a receiver that answers the nth request of a connection with the nth answer,
// and those after the last with that.
func answers(all ...string) behaviour {
	return func(c *peer, _ int) {
		for i := 0; c.request() && c.say(all[min(i, len(all)-1)]); i++ {
		}
	}
}

// endlessly is a receiver that begins an answer and never ends it.
func endlessly(first, then string) behaviour {
	return func(c *peer, _ int) {
		if c.request() && c.say(first) {
			for c.say(then) {
			}
		}
	}
}

// post posts the vector, signed, within the test's patience.
func post(t *testing.T, p *Poster, url string) (r Result) {
	t.Helper()
	within(t, "an attempt ends", func() {
		r = p.Post(t.Context(), &Target{URL: url, Format: JSON, Secret: "s3cret"}, vector())
	})
	return r
}

// poster is closed with the test, before its receivers.
func poster(t *testing.T, c Config) *Poster {
	p := New(c)
	t.Cleanup(p.Close)
	return p
}

// certified gives a certificate for example.com and 127.0.0.1, and a pool that trusts it.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, roots
}

// resolver knows the IPv4 addresses that lookup gives for a name, which ends in a dot. It is
// silent where lookup is nil.
func resolver(t *testing.T, lookup func(name string) []string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() { // ends with the lookup, or with the test: goleak sees to it
			defer ours.Close()
			if lookup == nil {
				<-t.Context().Done()
				return
			}
			answerDNS(ours, lookup)
		}()
		return theirs, nil
	}}
}

// answerDNS answers a question (RFC 1035 §4, over a stream: §4.2.2).
func answerDNS(c net.Conn, lookup func(name string) []string) {
	size := make([]byte, 2)
	if _, err := io.ReadFull(c, size); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(size))
	if _, err := io.ReadFull(c, question); err != nil {
		return
	}
	var name strings.Builder
	at := 12
	for ; question[at] != 0; at += 1 + int(question[at]) {
		name.Write(question[at+1 : at+1+int(question[at])])
		name.WriteByte('.')
	}
	end := at + 5
	const typeA = 1
	var found []string
	if question[at+2] == typeA {
		found = lookup(name.String())
	}
	reply := append(question[:2:2], 0x81, 0x80, 0, 1, 0, byte(len(found)), 0, 0, 0, 0) // without error
	reply = append(reply, question[12:end]...)
	for _, a := range found {
		reply = append(reply, 0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4) // the name asked for, IN, TTL 0
		reply = append(reply, netip.MustParseAddr(a).AsSlice()...)
	}
	_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
}
