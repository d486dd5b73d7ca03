package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// machine is where and with what it was measured.
type machine struct {
	Processors int    `json:"processors"`
	Model      string `json:"model"`
	Go         string `json:"go"`
	Kannel     string `json:"kannel"` // Debian's version
	Postgres   string `json:"postgres,omitempty"`
}

func (m machine) String() string {
	return fmt.Sprintf("%d × %s, %s, Kannel %s, PostgreSQL %s", m.Processors, m.Model, m.Go, m.Kannel, m.Postgres)
}

func (s *stage) machine(ctx context.Context) (m machine, err error) {
	m = machine{Processors: runtime.NumCPU(), Go: runtime.Version()}
	cpus, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, err
	}
	m.Model = modelName(string(cpus))
	version, err := rig.Command(ctx, "dpkg-query", "--show", "--showformat", "${Version}", "kannel")
	if err != nil {
		return m, err
	}
	m.Kannel = string(version)
	if s.cluster != nil {
		version, err = s.cluster.command(ctx, "postgres", "--version")
		m.Postgres = strings.TrimSpace(strings.TrimPrefix(string(version), "postgres (PostgreSQL) "))
	}
	return m, err
}

// modelName is that of the first processor of /proc/cpuinfo.
func modelName(cpus string) string {
	for line := range strings.Lines(cpus) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
