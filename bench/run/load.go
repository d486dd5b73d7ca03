package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// wrkResult is what bench/send.lua prints when wrk ends; times are in microseconds.
type wrkResult struct {
	Requests int64 `json:"requests"`
	Duration int64 `json:"duration_us"`
	P50      int64 `json:"p50_us"`
	P99      int64 `json:"p99_us"`
	Max      int64 `json:"max_us"`
	Errors   int64 `json:"errors"`
}

var errNoResult = errors.New("wrk printed no result")

func parseWrk(output []byte) (wrkResult, error) {
	var r wrkResult
	for line := range bytes.Lines(output) {
		if text, ok := bytes.CutPrefix(line, []byte("bench ")); ok {
			if err := json.Unmarshal(text, &r); err != nil {
				return r, fmt.Errorf("wrk's result %q: %w", text, err)
			}
			if r.Requests == 0 || r.Duration == 0 {
				return r, fmt.Errorf("wrk had no answer: %q", text)
			}
			return r, nil
		}
	}
	return r, fmt.Errorf("%w:\n%s", errNoResult, output)
}

func (s *stage) wrk(ctx context.Context, t *target) (wrkResult, error) {
	cmd := exec.CommandContext(ctx, "wrk", "--threads", strconv.Itoa(s.threads), "--connections", strconv.Itoa(s.connections),
		"--duration", s.load.String(), "--timeout", "30s", "--script", "bench/send.lua", t.url+"/service/message/sendSmsMessage")
	cmd.Env = append(os.Environ(), "HELIOGRAPH_KEY="+s.key)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return wrkResult{}, fmt.Errorf("wrk: %w\n%s", err, output)
	}
	r, err := parseWrk(output)
	if err == nil && r.Errors > 0 {
		err = fmt.Errorf("wrk counted %d errors:\n%s", r.Errors, output)
	}
	return r, err
}

func (s *stage) loadBare(ctx context.Context, t *target) (figures, error) {
	before, err := t.usage()
	if err != nil {
		return figures{}, err
	}
	w, err := s.wrk(ctx, t)
	if err != nil {
		return figures{}, fmt.Errorf("bare: %w", err)
	}
	after, err := t.usage()
	return latencies(w).withCost(w.Requests, after.cpu-before.cpu, after.rss), err
}

// loadServer counts by the server's own counters, since a refusal has status 200 too and wrk does not look inside.
func (s *stage) loadServer(ctx context.Context, t *target) (figures, error) {
	before, err := t.snapshot(ctx)
	if err != nil {
		return figures{}, err
	}
	begin := time.Now()
	w, err := s.wrk(ctx, t)
	if err != nil {
		return figures{}, fmt.Errorf("server: %w", err)
	}
	after, err := s.settle(ctx, t, before)
	if err != nil {
		return figures{}, err
	}
	accepted, final := after.accepted-before.accepted, after.final-before.final
	if refused := w.Requests - accepted; refused > int64(s.connections) {
		return figures{}, fmt.Errorf("%d of %d requests were refused; the last log lines:\n%s", refused, w.Requests, t.logTail())
	}
	done := final
	if s.down {
		done = accepted
	}
	f := latencies(w).withCost(done, after.cpu-before.cpu, after.rss)
	f.Accepted = rate(accepted, time.Duration(w.Duration)*time.Microsecond)
	f.Cycle = rate(final, after.at.Sub(begin))
	return f, nil
}

// settle waits until all that was accepted since the snapshot is final, which nothing is while the carrier is down, and returns the moment's snapshot. It gives up
// when nothing has become final for a while.
func (s *stage) settle(ctx context.Context, t *target, before snapshot) (snapshot, error) {
	const patience = 30 * time.Second
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	last, progress := before, time.Now()
	for {
		now, err := t.snapshot(ctx)
		if err != nil {
			return now, err
		}
		if s.down || now.final-before.final >= now.accepted-before.accepted {
			return now, nil
		}
		if now.final > last.final {
			last, progress = now, time.Now()
		}
		if time.Since(progress) > patience {
			return now, fmt.Errorf("%d messages accepted, %d final, and no more for %v", now.accepted, now.final, patience)
		}
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-tick.C:
		}
	}
}
