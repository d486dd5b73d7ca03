package testkit

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Gate stands before a server and lets connections through while it is open.
type Gate struct {
	server   string
	listener net.Listener
	serving  sync.WaitGroup

	mu    sync.Mutex
	shut  bool
	last  []byte        // the server's words that shut it; nil: none do
	fell  chan struct{} // closed once they did
	conns map[net.Conn]bool
}

// NewGate puts an open gate before the server of a URL, and gives the URL that leads
// through it.
func NewGate(t testing.TB, server string) (g *Gate, through string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g = &Gate{server: u.Host, listener: listener, conns: map[net.Conn]bool{}}
	g.serving.Go(g.accept)
	t.Cleanup(func() {
		listener.Close()
		g.Shut()
		g.serving.Wait()
	})
	u.Host = listener.Addr().String()
	return g, u.String()
}

// Shut cuts all connections and lets no new one through.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shutLocked()
}

func (g *Gate) shutLocked() {
	g.shut = true
	for conn := range g.conns {
		conn.Close()
	}
}

// ShutBefore shuts the gate instead of passing on the next words of the server that
// have these in them; the channel is closed then.
func (g *Gate) ShutBefore(words string) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last, g.fell = []byte(words), make(chan struct{})
	return g.fell
}

// Open lets connections through again.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

func (g *Gate) accept() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.serving.Go(func() { g.connect(client) })
	}
}

func (g *Gate) connect(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", g.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !g.admit(client, server) {
		return
	}
	defer g.forget(client, server)
	up := make(chan struct{})
	go func() {
		defer close(up)
		defer server.Close()
		_, _ = io.Copy(server, client) // how it ends is the other end's to see
	}()
	g.answer(client, server)
	client.Close()
	<-up
}

func (g *Gate) admit(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range conns {
		g.conns[conn] = true
	}
	return !g.shut
}

func (g *Gate) forget(conns ...net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range conns {
		delete(g.conns, conn)
	}
}

// answer passes on what the server says, until the gate is shut.
func (g *Gate) answer(client, server net.Conn) {
	words := make([]byte, 64<<10)
	for {
		n, err := server.Read(words)
		if err != nil || g.falls(words[:n]) {
			return
		}
		if _, err := client.Write(words[:n]); err != nil {
			return
		}
	}
}

func (g *Gate) falls(words []byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil || !bytes.Contains(words, g.last) {
		return g.shut
	}
	g.last = nil
	g.shutLocked()
	close(g.fell)
	return true
}
