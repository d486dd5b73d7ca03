package shadow

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A brittle server answers the first request on each connection, and hangs up on the second.
type brittle struct {
	net.Listener
	got chan string // the header of each request as it came, with the body of a known length
}

func newBrittle(t *testing.T) *brittle {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &brittle{listener, make(chan string, 100)}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.serve(conn)
		}
	}()
	return b
}

func (b *brittle) url() *url.URL { return &url.URL{Scheme: "http", Host: b.Addr().String()} }

func (b *brittle) serve(conn net.Conn) {
	defer conn.Close()
	var text strings.Builder
	r := bufio.NewReader(io.TeeReader(conn, &text))
	for i := range 2 {
		text.Reset()
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, q.Body)
		b.got <- text.String()
		if i > 0 {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 10\r\n\r\n")
		if q.Method != http.MethodHead {
			_, _ = io.WriteString(conn, `{"code":0}`)
		}
	}
}

// seen is all that came since the last time.
func (b *brittle) seen() (all []string) {
	for {
		select {
		case text := <-b.got:
			all = append(all, text)
		default:
			return all
		}
	}
}

// harmless are calls that net/http would repeat, and one that it would not.
func harmless(t *testing.T, to string) map[string]*http.Request {
	all := map[string]*http.Request{}
	for name, row := range map[string]struct{ method, body, key string }{
		"GET": {"GET", "", ""}, "HEAD": {"HEAD", "", ""}, "OPTIONS": {"OPTIONS", "", ""}, "TRACE": {"TRACE", "", ""},
		"GET with a key": {"GET", "", "Idempotency-Key"}, "POST with a key": {"POST", "", "Idempotency-Key"},
		"POST with its key": {"POST", "", "X-Idempotency-Key"}, "POST with a body": {"POST", "a=1", "Idempotency-Key"},
	} {
		q, err := http.NewRequest(row.method, to+"/service/message/list", strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		if row.body == "" {
			q.Body = nil
		}
		q.GetBody = nil
		if row.key != "" {
			q.Header.Set(row.key, "5")
		}
		all[name] = q
	}
	return all
}

// TestNothingIsSentTwiceWhenAConnectionBreaks: the client hears that there is no answer.
func TestNothingIsSentTwiceWhenAConnectionBreaks(t *testing.T) {
	for name, q := range harmless(t, "http://upstream") {
		t.Run(name, func(t *testing.T) {
			upstream := newBrittle(t)
			s := newStage(t, hangs(t), says(`{"code":0}`), func(c *Config) { c.Upstream = upstream.url() })
			s.get("/service/message/list") // the connection is kept
			upstream.seen()
			q.URL.Host = s.front.Listener.Addr().String()
			response, err := http.DefaultTransport.RoundTrip(q)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if all := upstream.seen(); len(all) != 1 || response.StatusCode != http.StatusBadGateway {
				t.Errorf("the upstream saw %q, the client got %s", all, response.Status)
			}
		})
	}
}

// TestOursIsAskedOnceWhenAConnectionBreaks.
func TestOursIsAskedOnceWhenAConnectionBreaks(t *testing.T) {
	ours := newBrittle(t)
	s := newStage(t, says(`{"code":0}`), hangs(t), func(c *Config) { c.Ours, c.AtOnce = ours.url(), 1 })
	s.get("/service/message/list")
	<-ours.got
	s.get("/service/message/list")
	s.came("message.list", map[Outcome]int{OutcomeSame: 1, OutcomeOurs: 1})
	if all := ours.seen(); len(all) != 1 {
		t.Errorf("ours saw %q", all)
	}
}

// TestTheUpstreamSeesNoBodyWhereNoneCame: neither chunks, nor a length where there was none.
func TestTheUpstreamSeesNoBodyWhereNoneCame(t *testing.T) {
	for name, q := range harmless(t, "http://upstream") {
		t.Run(name, func(t *testing.T) {
			upstream := newBrittle(t)
			s := newStage(t, hangs(t), says(`{"code":0}`), func(c *Config) { c.Upstream = upstream.url() })
			q.URL.Host = s.front.Listener.Addr().String()
			response, err := http.DefaultTransport.RoundTrip(q)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			text := strings.ToLower(strings.Join(upstream.seen(), ""))
			if strings.Contains(text, "transfer-encoding") || strings.Contains(text, "content-length") != (q.Method == "POST") {
				t.Errorf("the upstream saw %q", text)
			}
			if key := strings.Contains(text, "idempotency-key: 5\r\n"); key != strings.Contains(name, " with ") {
				t.Errorf("an Idempotency-Key: %v in %q", key, text)
			}
		})
	}
}

// TestTheShadowSpeaksHTTP1 to a server that knows both.
func TestTheShadowSpeaksHTTP1(t *testing.T) {
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	upstream.EnableHTTP2 = true
	upstream.StartTLS()
	defer upstream.Close()
	address, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, hangs(t), hangs(t), func(c *Config) { c.Upstream = address })
	s.shadow.transport.TLSClientConfig = upstream.Client().Transport.(*http.Transport).TLSClientConfig
	if status, body := s.get("/elsewhere"); status != http.StatusOK || body != "HTTP/1.1" {
		t.Errorf("%d %q", status, body)
	}
}
