package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// The counters that the server publishes of its messages.
const (
	acceptedCounter = "heliograph_messages_accepted_total"
	finalCounter    = "heliograph_messages_final_total"
)

// snapshot is what a server has done and used up to a moment.
type snapshot struct {
	at              time.Time
	accepted, final int64
	usage
}

func (t *target) snapshot(ctx context.Context) (snapshot, error) {
	body, err := get(ctx, t.url+"/metrics")
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{at: time.Now()}
	if s.accepted, err = counter(body, acceptedCounter); err != nil {
		return s, err
	}
	if s.final, err = counter(body, finalCounter); err != nil {
		return s, err
	}
	s.usage, err = t.usage()
	return s, err
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return body, err
}

var errNoCounter = errors.New("the server publishes no such counter")

// counter adds up a counter over its labels, in the text format of Prometheus. One that is not there is an error: a
// counter that is announced but has no labels yet stands at 0.
func counter(metrics []byte, name string) (int64, error) {
	var sum float64
	found := false
	for line := range bytes.Lines(metrics) {
		text := strings.TrimSpace(string(line))
		found = found || strings.HasPrefix(text, "# TYPE "+name+" ")
		rest, ok := strings.CutPrefix(text, name)
		if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("%s: %w", name, errNoCounter)
	}
	return int64(sum), nil
}

// usage is what a process has used: processor time in all, and memory resident now, in bytes.
type usage struct {
	cpu time.Duration
	rss int64
}

func (t *target) usage() (usage, error) {
	proc := fmt.Sprintf("/proc/%d/", t.cmd.Process.Pid)
	stat, err := os.ReadFile(proc + "stat")
	if err != nil {
		return usage{}, err
	}
	cpu, err := parseStat(stat)
	if err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		return usage{}, err
	}
	rss, err := parseStatus(status)
	return usage{cpu, rss}, err
}

// userTick is the unit of processor time in /proc, 1/USER_HZ, which is 100 on every architecture that Go runs on.
const userTick = time.Second / 100

var errProc = errors.New("not what proc(5) describes")

// parseStat returns utime + stime, the fields 14 and 15 of /proc/PID/stat. The name, field 2, may hold anything.
func parseStat(stat []byte) (time.Duration, error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:]))
	if end < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("stat %q: %w", stat, errProc)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("stat: utime: %w", err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("stat: stime: %w", err)
	}
	return time.Duration(user+system) * userTick, nil
}

// parseStatus returns VmRSS of /proc/PID/status, in bytes.
func parseStatus(status []byte) (int64, error) {
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) == 3 && f[0] == "VmRSS:" && f[2] == "kB" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("status without VmRSS: %w", errProc)
}
