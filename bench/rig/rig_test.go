package rig

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestWrkResultIsFoundAmongItsWords(t *testing.T) {
	const words = "Running 1s test @ http://127.0.0.1:1\n  2 threads and 32 connections\n"
	got, err := parseWrk([]byte(words + `bench {"requests":120,"duration_us":1000500,"p50_us":210,"p99_us":900,"max_us":4000,"errors":2}` + "\n"))
	want := WrkResult{Requests: 120, Duration: 1000500, P50: 210, P99: 900, Max: 4000, Errors: 2}
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
		if got, err := Counter([]byte(metrics), name); err != nil || got != want {
			t.Errorf("Counter(%s) = %d, %v; want %d", name, got, err, want)
		}
	}
	if _, err := Counter([]byte(metrics), "d_total"); !errors.Is(err, errNoCounter) {
		t.Errorf("a counter that is not there: %v", err)
	}
	if _, err := Counter([]byte("a_total many\n"), "a_total"); err == nil {
		t.Error("a value that is no number was taken")
	}
}

func TestProcessFilesAreRead(t *testing.T) {
	const text = "42 (a ) name) S 7 42 42 0 -1 4194560 900 0 0 0 150 25 300 8 20 0 9 0 100 1000 200\n"
	want := stat{parent: 7, own: 1750 * time.Millisecond, reaped: 3080 * time.Millisecond}
	if got, err := parseStat([]byte(text)); err != nil || got != want {
		t.Errorf("parseStat = %+v, %v; want %+v", got, err, want)
	}
	if got, err := parseStatus([]byte("Name:\tx\nVmHWM:\t  4000 kB\nVmRSS:\t  2048 kB\n")); err != nil || got != 2<<20 {
		t.Errorf("parseStatus = %d, %v; want 2 MiB", got, err)
	}
	for _, bad := range []string{"", "42 (x) S 1", "42 x S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) was content", bad)
		}
	}
	busy := "cpu  100 20 30 9999 8888 1 2 3 50 50\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
	if got, err := parseBusy([]byte(busy)); err != nil || got != 1560*time.Millisecond {
		t.Errorf("parseBusy = %v, %v; want 1.56s: neither idle nor waiting, and guests are users", got, err)
	}
	if _, err := parseBusy([]byte("intr 1 2 3 4 5 6 7 8 9\n")); !errors.Is(err, errProc) {
		t.Errorf("a machine without processors: %v", err)
	}
	if _, err := parseStatus([]byte("Name:\tx\n")); !errors.Is(err, errProc) {
		t.Errorf("a status without VmRSS: %v", err)
	}
}

// The test's own process stands in for a server: what the kernel writes must be what the parsers read.
func TestUsageOfARunningProcess(t *testing.T) {
	u, err := UsageOf(os.Getpid())
	if err != nil || u.RSS < 1<<20 {
		t.Errorf("usage = %+v, %v", u, err)
	}
	c, err := TakeCensus()
	if err != nil || c.Busy < c.CPU(os.Getpid()) || c.CPU(os.Getpid()) < u.CPU {
		t.Errorf("census: the machine %v, this process %v after %v; %v", c.Busy, c.CPU(os.Getpid()), u.CPU, err)
	}
}

func TestACensusCountsTheDeadWithTheirParents(t *testing.T) {
	c := Census{processes: map[int]stat{
		1: {own: 1000, reaped: 1000},
		2: {parent: 1, own: 1, reaped: 2},
		3: {parent: 2, own: 10},
		4: {parent: 3, own: 100, reaped: 200},
	}}
	for pid, want := range map[int]time.Duration{2: 313, 4: 300, 5: 0} {
		if got := c.CPU(pid); got != want {
			t.Errorf("CPU(%d) = %d, want %d", pid, got, want)
		}
	}
}

func TestAProgramIsStoppedAndItsLastWordsKept(t *testing.T) {
	r, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Start("talker", "sh", "-c", "echo first; echo last; exec sleep 600")
	if err != nil {
		t.Fatal(err)
	}
	err = Until(t.Context(), time.Minute, func(context.Context) error {
		if !strings.Contains(p.LogTail(), "last") {
			return errProc
		}
		return nil
	})
	if err != nil {
		t.Errorf("it wrote %q", p.LogTail())
	}
	p.Stop()
	p.Stop()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(r.Path("")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestUntilTellsWhatWasWrong(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	err := Until(ctx, time.Minute, func(ctx context.Context) error {
		if tries++; tries == 3 {
			cancel()
			return ctx.Err()
		}
		return errNoResult
	})
	if !errors.Is(err, errNoResult) || tries != 3 {
		t.Errorf("after %d tries: %v", tries, err)
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[float64][]float64{0: nil, 7: {7}, 2: {9, 1, 2}, 2.5: {4, 1, 2, 3}} {
		if got := Median(values); got != want {
			t.Errorf("Median(%v) = %v, want %v", values, got, want)
		}
	}
}
