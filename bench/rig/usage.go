package rig

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// userTick is the unit of processor time in /proc, 1/USER_HZ, which is 100 on every architecture that Go runs on.
const userTick = time.Second / 100

var errProc = errors.New("not what proc(5) describes")

// Usage is what a process has used: processor time in all, and memory resident now, in bytes.
type Usage struct {
	CPU time.Duration
	RSS int64
}

// UsageOf reads a living process's usage.
func UsageOf(pid int) (Usage, error) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(proc + "stat")
	if err != nil {
		return Usage{}, err
	}
	s, err := parseStat(stat)
	if err != nil {
		return Usage{}, err
	}
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		return Usage{}, err
	}
	rss, err := parseStatus(status)
	return Usage{s.own, rss}, err
}

// stat is what matters of /proc/PID/stat.
type stat struct {
	parent int
	own    time.Duration // utime + stime
	reaped time.Duration // cutime + cstime: of children that have ended and been waited for, and of theirs
}

// parseStat reads the fields 4 and 14 to 17 of /proc/PID/stat. The name, field 2, may hold anything.
func parseStat(text []byte) (stat, error) {
	end := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[end+1:]))
	if end < 0 || len(fields) < 15 {
		return stat{}, fmt.Errorf("stat %q: %w", text, errProc)
	}
	n, err := numbers(fields[1], fields[11], fields[12], fields[13], fields[14])
	if err != nil {
		return stat{}, fmt.Errorf("stat: %w", err)
	}
	return stat{parent: int(n[0]), own: time.Duration(n[1]+n[2]) * userTick, reaped: time.Duration(n[3]+n[4]) * userTick}, nil
}

func numbers(fields ...string) ([]int64, error) {
	n := make([]int64, len(fields))
	for i, f := range fields {
		var err error
		if n[i], err = strconv.ParseInt(f, 10, 64); err != nil {
			return nil, err
		}
	}
	return n, nil
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

// A Census is what the machine and each of its processes had used up to a moment.
type Census struct {
	At        time.Time
	Busy      time.Duration // of all processors, and what a hypervisor took from them
	processes map[int]stat
}

// TakeCensus reads all of /proc.
func TakeCensus() (Census, error) {
	c := Census{At: time.Now(), processes: map[int]stat{}}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return c, err
	}
	if c.Busy, err = parseBusy(text); err != nil {
		return c, err
	}
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return c, err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended: its parent has its time
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			return c, err
		}
		if c.processes[pid], err = parseStat(text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// parseBusy adds up the processors' user, nice, system, irq, softirq and steal times in /proc/stat.
func parseBusy(text []byte) (time.Duration, error) {
	line, _, _ := strings.Cut(string(text), "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat %q: %w", line, errProc)
	}
	n, err := numbers(f[1], f[2], f[3], f[6], f[7], f[8])
	if err != nil {
		return 0, fmt.Errorf("/proc/stat: %w", err)
	}
	var sum int64
	for _, ticks := range n {
		sum += ticks
	}
	return time.Duration(sum) * userTick, nil
}

// CPU is the processor time of a process and all its descendants, the dead included.
func (c Census) CPU(pid int) time.Duration {
	root := c.processes[pid]
	sum := root.own + root.reaped
	for child, s := range c.processes {
		if s.parent == pid {
			sum += c.CPU(child)
		}
	}
	return sum
}

// Own is the processor time of a process alone.
func (c Census) Own(pid int) time.Duration { return c.processes[pid].own }
