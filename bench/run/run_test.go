package main

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestWrkResultIsFoundAmongItsWords(t *testing.T) {
	const words = "Running 1s test @ http://127.0.0.1:1\n  2 threads and 32 connections\n"
	got, err := parseWrk([]byte(words + `bench {"requests":120,"duration_us":1000500,"p50_us":210,"p99_us":900,"max_us":4000,"errors":2}` + "\n"))
	want := wrkResult{Requests: 120, Duration: 1000500, P50: 210, P99: 900, Max: 4000, Errors: 2}
	if err != nil || got != want {
		t.Errorf("parseWrk = %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{words, "bench {", `bench {"requests":0,"duration_us":1000500}`} {
		if _, err := parseWrk([]byte(bad)); err == nil {
			t.Errorf("parseWrk(%q) was content", bad)
		}
	}
}

func TestCounterAddsUpItsLabels(t *testing.T) {
	const metrics = `# HELP a_total What a counts.
# TYPE a_total counter
a_total{status="DELIVRD"} 12
a_total{status="a } b"} 3
a_total_other 99
# TYPE b_total counter
b_total 1.234567e+06
# TYPE c_total counter
`
	for name, want := range map[string]int64{"a_total": 15, "b_total": 1234567, "c_total": 0} {
		if got, err := counter([]byte(metrics), name); err != nil || got != want {
			t.Errorf("counter(%s) = %d, %v; want %d", name, got, err, want)
		}
	}
	if _, err := counter([]byte(metrics), "d_total"); !errors.Is(err, errNoCounter) {
		t.Errorf("a counter that is not there: %v", err)
	}
	if _, err := counter([]byte("a_total many\n"), "a_total"); err == nil {
		t.Error("a value that is no number was taken")
	}
}

func TestProcessFilesAreRead(t *testing.T) {
	const stat = "42 (a ) name) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 7 8 20 0 9 0 100 1000 200\n"
	if got, err := parseStat([]byte(stat)); err != nil || got != 1750*time.Millisecond {
		t.Errorf("parseStat = %v, %v; want 1.75s", got, err)
	}
	if got, err := parseStatus([]byte("Name:\tx\nVmHWM:\t  4000 kB\nVmRSS:\t  2048 kB\n")); err != nil || got != 2<<20 {
		t.Errorf("parseStatus = %d, %v; want 2 MiB", got, err)
	}
	for _, bad := range []string{"", "42 (x) S 1", "42 x S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) was content", bad)
		}
	}
	if _, err := parseStatus([]byte("Name:\tx\n")); !errors.Is(err, errProc) {
		t.Errorf("a status without VmRSS: %v", err)
	}
}

// The test's own process stands in for a server: what the kernel writes must be what the parsers read.
func TestUsageOfARunningProcess(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	u, err := (&target{cmd: &exec.Cmd{Process: self}}).usage()
	if err != nil || u.rss < 1<<20 {
		t.Errorf("usage = %+v, %v", u, err)
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[float64][]float64{0: nil, 7: {7}, 2: {9, 1, 2}, 2.5: {4, 1, 2, 3}} {
		if got := median(values); got != want {
			t.Errorf("median(%v) = %v, want %v", values, got, want)
		}
	}
}

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
	f := latencies(wrkResult{Requests: 200, Duration: 2e6, P50: 1500}).withCost(200, 50*time.Millisecond, 3<<20)
	if f.Accepted != 100 || f.P50 != 1.5 || f.CPU != .25 || f.RSS != 3 {
		t.Errorf("figures = %+v", f)
	}
}

func TestSettleWaitsForTheLastMessage(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	answers := []string{"5", "8", "10"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(acceptedCounter + " 10\n" + finalCounter + " " + answers[0] + "\n"))
		answers = answers[min(1, len(answers)-1):]
	}))
	defer server.Close()
	busy := &target{url: server.URL, cmd: &exec.Cmd{Process: self}}
	got, err := new(stage).settle(context.Background(), busy, snapshot{accepted: 2, final: 2})
	if err != nil || got.final != 10 {
		t.Errorf("settle = %+v, %v", got, err)
	}
}
