package rig

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

// Wrk is a closed loop of requests: each connection sends its next one when the last is answered.
type Wrk struct {
	Threads     int
	Connections int
	Load        time.Duration
	Script      string // a Lua script that prints the result
	URL         string
	Env         []string // NAME=value, for the script
}

// WrkResult is what a script prints when wrk ends; times are in microseconds.
type WrkResult struct {
	Requests int64 `json:"requests"`
	Accepted int64 `json:"accepted"` // only of a script that looks into the answers
	Duration int64 `json:"duration_us"`
	P50      int64 `json:"p50_us"`
	P99      int64 `json:"p99_us"`
	Max      int64 `json:"max_us"`
	Errors   int64 `json:"errors"`
}

var errNoResult = errors.New("wrk printed no result")

// Run loads the URL. Any error that wrk counted is one.
func (w Wrk) Run(ctx context.Context) (WrkResult, error) {
	cmd := exec.CommandContext(ctx, "wrk", "--threads", strconv.Itoa(w.Threads), "--connections", strconv.Itoa(w.Connections),
		"--duration", strconv.FormatFloat(w.Load.Seconds(), 'f', 0, 64)+"s", "--timeout", "30s", "--script", w.Script, w.URL)
	cmd.Env = append(os.Environ(), w.Env...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return WrkResult{}, fmt.Errorf("wrk: %w\n%s", err, output)
	}
	r, err := parseWrk(output)
	if err == nil && r.Errors > 0 {
		err = fmt.Errorf("wrk counted %d errors:\n%s", r.Errors, output)
	}
	return r, err
}

func parseWrk(output []byte) (WrkResult, error) {
	var r WrkResult
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
