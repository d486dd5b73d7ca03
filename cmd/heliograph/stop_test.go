package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestAStopWaitsForNobodysBody: whoever is still on the way with the body of a call is told
// to try again, and the server ends in order.
func TestAStopWaitsForNobodysBody(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		strangers, ours := onTheWay(t, server.url, ""), onTheWay(t, server.url, "?apiKey="+server.key)
		server.terminate()
		for _, answers := range []*bufio.Reader{strangers, ours} {
			resp, err := http.ReadResponse(answers, nil)
			if err != nil || resp.Header.Get("X-Api-Code") != "999" {
				t.Errorf("%+v, %v", resp, err)
			}
		}
		server.stopped()
		var leases int64
		s.read(func(q *db.Reader) error {
			return q.One(`SELECT count(*) FROM node WHERE lease_until_ms <> 0`, nil, &leases)
		})
		if leases != 0 {
			t.Error("the node has not left")
		}
	})
}

// onTheWay begins a call, and goes on with nothing once its body is being read.
func onTheWay(t *testing.T, url, query string) (answers *bufio.Reader) {
	t.Helper()
	conn := dial(t, url)
	answers = bufio.NewReader(conn)
	call := "POST /service/message/sendSmsMessage" + query + " HTTP/1.1\r\nHost: api\r\nExpect: 100-continue\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n"
	if _, err := io.WriteString(conn, call); err != nil {
		t.Fatal(err)
	}
	if line, err := answers.ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 100 ") || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "text=Hello&recipient="); err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestACallThatComesWhileAnotherIsWaitedForIsTurnedAwayAtOnce.
func TestACallThatComesWhileAnotherIsWaitedForIsTurnedAwayAtOnce(t *testing.T) {
	c := newCalls()
	entered, release := make(chan struct{}), make(chan struct{})
	request := httptest.NewRequest("GET", "/service/user/getOwnBalance", nil)
	var all sync.WaitGroup
	all.Go(func() {
		c.serve(httptest.NewRecorder(), request, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(entered)
			<-release
			if c.Err() == nil {
				t.Error("it was not under way while the server stopped")
			}
		}))
	})
	await(t, entered, "call")
	ended := make(chan struct{})
	all.Go(func() {
		c.end(t.Context(), patience)
		close(ended)
	})
	await(t, c.open.Done(), "end")
	turnedAway := make(chan struct{})
	go func() {
		defer close(turnedAway)
		for range 100 { // sooner or later end waits for the lock
			c.serve(httptest.NewRecorder(), request, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if !errors.Is(c.Err(), errStopping) {
					t.Error("a call was let in")
				}
			}))
		}
	}()
	await(t, turnedAway, "answers")
	select {
	case <-ended:
		t.Error("the call under way was not waited for")
	default:
	}
	close(release)
	all.Wait()
}

// TestAStopDisturbsNoCallWhoseBodyIsThere.
func TestAStopDisturbsNoCallWhoseBodyIsThere(t *testing.T) {
	c := newCalls()
	read, ended := make(chan struct{}), make(chan struct{})
	s := paced(t, func(w http.ResponseWriter, r *http.Request) {
		c.serve(w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			close(read)
			<-c.open.Done()
			run.Pause(r.Context(), shortPatience) // what is cut would be told here
			fmt.Fprint(w, errors.Join(err, r.Context().Err()))
		}))
	})
	go func() {
		defer close(ended)
		<-read
		c.end(t.Context(), patience)
	}()
	resp, err := http.Post(s.URL, "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); string(text) != "<nil>" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	await(t, ended, "end")
}

// TestAStopLosesNoClick: short links lead on until the server is gone, and each click that
// was answered is counted.
func TestAStopLosesNoClick(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		var link struct{ Code string }
		server.call(t, 0, &link, "link/create", "data[fullLink]", "https://a.example")
		var answered, asked atomic.Int64
		var all sync.WaitGroup
		clicked := make(chan struct{})
		for range 8 {
			all.Go(func() {
				for {
					asked.Add(1)
					resp, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", server.url+"/s/"+link.Code, nil))
					if err != nil {
						return // the server is gone
					}
					resp.Body.Close()
					if resp.StatusCode != http.StatusFound {
						t.Errorf("%s", resp.Status)
					}
					if answered.Add(1) == 500 {
						close(clicked)
					}
				}
			})
		}
		await(t, clicked, "clicks")
		server.stop()
		all.Wait()
		var clicks int64
		s.read(func(q *db.Reader) error { return q.One(`SELECT clicks FROM short_link`, nil, &clicks) })
		if clicks < answered.Load() || clicks > asked.Load() {
			t.Errorf("%d clicks are counted of %d that were answered", clicks, answered.Load())
		}
	})
}
