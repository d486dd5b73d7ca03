package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

const (
	shortPatience = 100 * time.Millisecond
	tooLong       = 3 * shortPatience // for a body of which nothing more comes
)

// paced serves a handler with little patience.
func paced(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	return pacedWith(t, shortPatience, h)
}

// pacedWith serves a handler to callers who have so long to take a portion. The kernel
// holds little of an answer for them.
func pacedWith(t *testing.T, writeTimeout time.Duration, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s, web := httptest.NewUnstartedServer(nil), newWebServer(h, shortPatience, writeTimeout, quiet())
	s.Config, s.Listener = web.Server, pacedListener{s.Listener, writeTimeout}
	s.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*pacedConn).Conn.(*net.TCPConn).SetWriteBuffer(portion)
		return ctx
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// TestACallThatTakesLongIsNotTakenForASlowBody: once a body is there, the time that its
// call takes is the server's own.
func TestACallThatTakesLongIsNotTakenForASlowBody(t *testing.T) {
	s := paced(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		run.Pause(r.Context(), tooLong)
		if err := r.Context().Err(); err != nil {
			t.Errorf("the call was ended: %v", err)
		}
	})
	for range 2 { // over one connection: what was set for the first call is no bound of the next
		resp, err := http.Post(s.URL, "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if string(text) != "body" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
		resp.Body.Close()
	}
}

// TestABodyThatComesAlongMayTakeItsTime: what came buys time for the rest.
func TestABodyThatComesAlongMayTakeItsTime(t *testing.T) {
	const first = 64 * slowestBody // a minute's worth
	s := paced(t, func(_ http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != first+1 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
	body, ours := io.Pipe()
	go func() {
		_, _ = io.WriteString(ours, strings.Repeat("x", first))
		run.Pause(t.Context(), tooLong)
		_, _ = io.WriteString(ours, "x")
		ours.Close()
	}()
	resp, err := http.Post(s.URL, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// TestTheTimeInWhichNobodyReadsABodyIsNotTheCallers.
func TestTheTimeInWhichNobodyReadsABodyIsNotTheCallers(t *testing.T) {
	const size = 1 << 20
	s := paced(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.CopyN(io.Discard, r.Body, 1)
		run.Pause(r.Context(), tooLong)
		if n, more := io.Copy(io.Discard, r.Body); n != size-1 || errors.Join(err, more) != nil {
			t.Errorf("%d bytes, %v", n, errors.Join(err, more))
		}
	})
	resp, err := http.Post(s.URL, "text/plain", strings.NewReader(strings.Repeat("x", size)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// dial connects to a server as a caller for whom the kernel holds little.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := errors.Join(conn.(*net.TCPConn).SetReadBuffer(2*portion), conn.SetDeadline(time.Now().Add(patience))); err != nil {
		t.Fatal(err)
	}
	return conn
}

// askOn calls again and again, without reading a single answer, until it is hung up on.
func askOn(t *testing.T, conn net.Conn, request string) {
	t.Helper()
	requests := []byte(strings.Repeat(request, 100))
	for {
		if _, err := conn.Write(requests); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after %q nobody hung up", request)
			return
		} else if err != nil {
			return
		}
	}
}

// TestACallerWhoTakesNoAnswerIsHungUpOn, be it one long answer or many short ones, which
// are written when their handlers have returned.
func TestACallerWhoTakesNoAnswerIsHungUpOn(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: api\r\n\r\n"
	for name, size := range map[string]int{"short": 10, "long": 100 * portion} {
		t.Run(name, func(t *testing.T) {
			answer := make([]byte, size)
			s := paced(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) })
			askOn(t, dial(t, s.URL), get)
		})
	}
	t.Run("endless", func(t *testing.T) {
		told := make(chan error, 1)
		s := paced(t, func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(w, rand.NewChaCha8([32]byte{}))
			told <- errors.Join(err, r.Context().Err())
		})
		conn := dial(t, s.URL)
		if _, err := io.WriteString(conn, get); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-told:
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, context.Canceled) {
				t.Errorf("the handler is told %v", err)
			}
		case <-time.After(patience):
			t.Error("nobody hung up")
		}
	})
}

// TestAnAnswerThatIsTakenAlongMayTakeItsTime: what was taken buys time for the rest.
func TestAnAnswerThatIsTakenAlongMayTakeItsTime(t *testing.T) {
	const writeTimeout, portions = time.Second, 36
	answer := bytes.Repeat([]byte("x"), portions*portion)
	s := pacedWith(t, writeTimeout, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) })
	conn := dial(t, s.URL)
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for range portions {
		run.Pause(t.Context(), writeTimeout/12)
		if _, err := io.CopyN(&got, conn, portion); err != nil {
			t.Fatalf("after %d bytes: %v", got.Len(), err)
		}
	}
	if _, err := io.Copy(&got, conn); err != nil || !bytes.HasSuffix(got.Bytes(), answer) {
		t.Errorf("%d bytes of %d, %v", got.Len(), len(answer), err)
	}
}

// A timekeeper is a connection on which each write takes a while, and is broken after so
// many bytes.
type timekeeper struct {
	net.Conn
	t        *testing.T
	dice     *rand.Rand
	written  bytes.Buffer
	breaks   int
	deadline time.Time
}

func (k *timekeeper) SetWriteDeadline(at time.Time) error {
	k.deadline = at
	return nil
}

func (k *timekeeper) Write(p []byte) (int, error) {
	if left := time.Until(k.deadline); left < time.Minute || left > 2*time.Minute || len(p) > portion {
		k.t.Errorf("%d bytes have %s to be taken", len(p), left)
	}
	<-time.After(time.Duration(k.dice.Int64N(int64(time.Minute))))
	n, _ := k.written.Write(p[:min(len(p), k.breaks-k.written.Len())])
	if n < len(p) {
		return n, io.ErrClosedPipe
	}
	return n, nil
}

// TestEachPortionHasItsTime, however long those before it took, and all of them are what
// was to be written.
func TestEachPortionHasItsTime(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		dice := rand.New(rand.NewPCG(seed, 0))
		for range 50 {
			k := &timekeeper{t: t, dice: dice, breaks: dice.IntN(8 * portion)}
			conn, all := &pacedConn{Conn: k, writeTimeout: time.Minute}, []byte(nil)
			for broken := false; !broken; {
				p := bytes.Repeat([]byte("answer"), dice.IntN(portion/2))
				n, err := conn.Write(p)
				if broken = err != nil; broken != (n < len(p)) {
					t.Fatalf("%d of %d bytes, %v", n, len(p), err)
				}
				all = append(all, p[:n]...)
				_ = conn.SetWriteDeadline(time.Time{}) // as net/http does
			}
			if !bytes.Equal(k.written.Bytes(), all) || len(all) != k.breaks {
				t.Fatalf("%d bytes were written, %d of %d are there", len(all), k.written.Len(), k.breaks)
			}
		}
	})
}

// BenchmarkAnswer is a short answer over one connection: by itself, and with deadlines.
func BenchmarkAnswer(b *testing.B) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") })
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"plain": func(l net.Listener) net.Listener { return l },
		"paced": func(l net.Listener) net.Listener { return pacedListener{l, time.Minute} },
	} {
		b.Run(name, func(b *testing.B) {
			s := httptest.NewUnstartedServer(h)
			s.Listener = wrap(s.Listener)
			s.Start()
			defer s.Close()
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			answer := make([]byte, 4<<10)
			for b.Loop() {
				_, asked := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: api\r\n\r\n")
				if _, err := conn.Read(answer); err != nil || asked != nil {
					b.Fatal(err, asked)
				}
			}
		})
	}
}
