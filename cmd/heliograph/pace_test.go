package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	shortPatience = 100 * time.Millisecond
	tooLong       = 3 * shortPatience // for a body of which nothing more comes
)

// paced serves a handler with little patience.
func paced(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = newHTTPServer(h, shortPatience, slog.New(slog.DiscardHandler))
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// TestACallThatTakesLongIsNotTakenForASlowBody: once a body is there, the time that its
// call takes is the server's own.
func TestACallThatTakesLongIsNotTakenForASlowBody(t *testing.T) {
	s := paced(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		pause(r.Context(), tooLong)
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
		pause(t.Context(), tooLong)
		_, _ = io.WriteString(ours, "x")
		ours.Close()
	}()
	resp, err := http.Post(s.URL, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
