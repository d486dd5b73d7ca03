package shadow

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// shortly is how long these tests wait for an upstream.
const shortly = 50 * time.Millisecond

// impatient waits for nothing that lasts much longer.
var impatient = http.Client{Timeout: 100 * shortly}

// trickles writes a byte now and then, until the other end leaves.
func trickles(w http.ResponseWriter, r *http.Request) {
	ticker := time.NewTicker(shortly / 10)
	defer ticker.Stop()
	for {
		_, _ = io.WriteString(w, " ")
		w.(http.Flusher).Flush()
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}

// TestAnUpstreamThatTricklesIsCut, and the answer with it.
func TestAnUpstreamThatTricklesIsCut(t *testing.T) {
	s := newStage(t, trickles, never(t), func(c *Config) { c.UpstreamTimeout = shortly })
	for _, path := range []string{"/service/message/list", "/service/message/sendSmsMessage", "/elsewhere"} {
		response, err := impatient.Get(s.front.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: the answer ended with %v", path, err)
		}
		response.Body.Close()
	}
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

// TestAnUpstreamThatTakesNoBodyIs502, which a client that goes on sending may not come to read.
func TestAnUpstreamThatTakesNoBodyIs502(t *testing.T) {
	over := make(chan struct{}) // a server whose call is not read does not hear that the caller left
	s := newStage(t, func(http.ResponseWriter, *http.Request) { <-over }, never(t), func(c *Config) { c.UpstreamTimeout = shortly })
	t.Cleanup(func() { close(over) })
	response, err := impatient.Post(s.front.URL+"/service/message/list", "x/y", io.LimitReader(zeroes{}, 1<<30))
	if err == nil {
		defer response.Body.Close()
		if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusBadGateway || !strings.HasSuffix(string(body), "in time\n") {
			t.Errorf("%s %q", response.Status, body)
		}
	}
	s.came("message.list", map[Outcome]int{OutcomeUpstream: 1})
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

// TestACallThatBreaksOffIsNoFailureOfTheUpstream.
func TestACallThatBreaksOffIsNoFailureOfTheUpstream(t *testing.T) {
	s := newStage(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, never(t), nil)
	conn, err := net.Dial("tcp", s.front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /service/message/list HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\na=1"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && answer.StatusCode != http.StatusRequestTimeout {
		t.Errorf("answered %s", answer.Status)
	}
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

// TestAnUpstreamThatSwitchesProtocolsIs502.
func TestAnUpstreamThatSwitchesProtocolsIs502(t *testing.T) {
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Upgrade", "x")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
	}, never(t), nil)
	q, err := http.NewRequest("GET", s.front.URL+"/service/message/list", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header = http.Header{"Upgrade": {"x"}, "Connection": {"Upgrade"}}
	response, err := impatient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadGateway {
		t.Error(response.Status)
	}
	s.came("message.list", map[Outcome]int{OutcomeUpstream: 1})
}

// TestAWaitRunsInTheUpstreamsTurnsAlone, and comes back with the bytes that it takes or gives.
func TestAWaitRunsInTheUpstreamsTurnsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cut := context.WithCancel(t.Context())
		w := newWait(time.Minute, cut)
		turn := func(of time.Duration, bytes int, over bool) {
			t.Helper()
			w.run()
			<-time.After(of)
			synctest.Wait()
			w.rest(bytes)
			if w.isOver() != over || (ctx.Err() != nil) != over {
				t.Fatalf("over: %v, cut: %v, want %v", w.isOver(), ctx.Err(), over)
			}
			<-time.After(time.Hour) // another's turn
		}
		turn(50*time.Second, 0, false)
		turn(9*time.Second, 20*slowest, false)
		turn(20*time.Second, 1000*slowest, false)
		turn(59*time.Second, 0, false) // no more comes back than there was
		turn(2*time.Second, 0, true)
	})
}
