package main

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

func TestRatiosAreMediansOfPairs(t *testing.T) {
	// The second pair's machine is twice as slow for both sides, so its ratio is the same and no median of a side's is.
	pairs := []pair{
		{Bare: figures{Accepted: 1000, CPU: .1}, Server: figures{Accepted: 500, CPU: .2}},
		{Bare: figures{Accepted: 500, CPU: .2}, Server: figures{Accepted: 250, CPU: .4}},
		{Bare: figures{Accepted: 900, CPU: .1}, Server: figures{Accepted: 90, CPU: 1}},
	}
	r := summarise(options{postgres: true, load: time.Second}, "", pairs)
	if r.AcceptedRatio != .5 || math.Abs(r.CPURatio-.5) > 1e-9 || r.Bare.Accepted != 900 || r.Server.Accepted != 250 || r.Engine != "PostgreSQL" {
		t.Errorf("summarise = %+v", r)
	}
	var out strings.Builder
	if err := report(&out, options{}, "synchronous=full", pairs); err != nil || !strings.Contains(out.String(), "| SQLite | 250 |") ||
		!strings.Contains(out.String(), `{"engine":"SQLite","durability":"synchronous=full","pairs":3,`) {
		t.Errorf("report: %v\n%s", err, out.String())
	}
}

func TestCostIsPerMessage(t *testing.T) {
	f := latencies(rig.WrkResult{Requests: 200, Duration: 2e6, P50: 1500}).withCost(200, 50*time.Millisecond, 3<<20)
	if f.Accepted != 100 || f.P50 != 1.5 || f.CPU != .25 || f.RSS != 3 {
		t.Errorf("figures = %+v", f)
	}
}

func TestSettleWaitsForTheLastMessage(t *testing.T) {
	answers := []string{"5", "8", "10"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(acceptedCounter + " 10\n" + finalCounter + " " + answers[0] + "\n"))
		answers = answers[min(1, len(answers)-1):]
	}))
	defer server.Close()
	busy := &target{url: server.URL, pid: os.Getpid()}
	got, err := new(stage).settle(context.Background(), busy, snapshot{accepted: 2, final: 2})
	if err != nil || got.final != 10 {
		t.Errorf("settle = %+v, %v", got, err)
	}
}
