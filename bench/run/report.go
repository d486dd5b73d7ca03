package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// figures is what one run comes to. Latencies are in milliseconds, memory in MiB.
type figures struct {
	Accepted float64 `json:"acceptedPerSecond"`
	Cycle    float64 `json:"fullCyclePerSecond,omitempty"` // accepted, submitted, reported, committed; not for bare
	P50      float64 `json:"p50ms"`
	P99      float64 `json:"p99ms"`
	Max      float64 `json:"maxms"`
	CPU      float64 `json:"cpuMsPerMessage"`
	RSS      float64 `json:"rssMiB"`
}

type pair struct {
	Bare   figures `json:"bare"`
	Server figures `json:"server"`
}

func latencies(w rig.WrkResult) figures {
	const perMs = 1e3
	return figures{
		Accepted: rig.Rate(w.Requests, time.Duration(w.Duration)*time.Microsecond),
		P50:      float64(w.P50) / perMs,
		P99:      float64(w.P99) / perMs,
		Max:      float64(w.Max) / perMs,
	}
}

func (f figures) withCost(messages int64, cpu time.Duration, rss int64) figures {
	f.CPU = rig.PerMessage(cpu, messages)
	f.RSS = float64(rss) / (1 << 20)
	return f
}

func (p pair) String() string {
	return fmt.Sprintf("server %v; bare %v", p.Server, p.Bare)
}

func (f figures) String() string {
	cycle := ""
	if f.Cycle > 0 {
		cycle = fmt.Sprintf(", %.0f full cycle/s", f.Cycle)
	}
	return fmt.Sprintf("%.0f accepted/s%s, p50 %.2f p99 %.2f max %.1f ms, %.3f CPU ms/message, %.0f MiB",
		f.Accepted, cycle, f.P50, f.P99, f.Max, f.CPU, f.RSS)
}

// result is the bench's line of JSON: medians of each figure over the pairs, and of each pair's ratio.
type result struct {
	Engine      string  `json:"engine"`
	Down        bool    `json:"carrierDown,omitempty"`
	Slow        bool    `json:"slowReceiver,omitempty"`
	Keys        string  `json:"keys,omitempty"`
	Durability  string  `json:"durability"` // the settings that make a commit durable
	Pairs       int     `json:"pairs"`
	Seconds     float64 `json:"seconds"`
	Connections int     `json:"connections"`
	Processors  int     `json:"processors"`
	pair
	AcceptedRatio float64 `json:"acceptedToBare"`
	CPURatio      float64 `json:"bareCPUToServer"`
}

func summarise(o options, durability string, pairs []pair) result {
	r := result{Engine: "SQLite", Down: o.down, Slow: o.slow, Keys: o.keys, Durability: durability, Pairs: len(pairs), Seconds: o.load.Seconds(), Connections: o.connections, Processors: runtime.NumCPU()}
	if o.postgres {
		r.Engine = "PostgreSQL"
	}
	r.Bare = medianFigures(pairs, func(p pair) figures { return p.Bare })
	r.Server = medianFigures(pairs, func(p pair) figures { return p.Server })
	r.AcceptedRatio = medianOf(pairs, func(p pair) float64 { return p.Server.Accepted / p.Bare.Accepted })
	r.CPURatio = medianOf(pairs, func(p pair) float64 { return p.Bare.CPU / p.Server.CPU })
	return r
}

func (r result) title() string {
	switch {
	case r.Down:
		return r.Engine + ", carrier down"
	case r.Slow:
		return r.Engine + ", telling a slow receiver"
	case r.Keys != "":
		return r.Engine + ", keys: " + r.Keys
	}
	return r.Engine
}

func medianFigures(pairs []pair, side func(pair) figures) figures {
	each := func(field func(figures) float64) float64 {
		return medianOf(pairs, func(p pair) float64 { return field(side(p)) })
	}
	return figures{
		Accepted: each(func(f figures) float64 { return f.Accepted }),
		Cycle:    each(func(f figures) float64 { return f.Cycle }),
		P50:      each(func(f figures) float64 { return f.P50 }),
		P99:      each(func(f figures) float64 { return f.P99 }),
		Max:      each(func(f figures) float64 { return f.Max }),
		CPU:      each(func(f figures) float64 { return f.CPU }),
		RSS:      each(func(f figures) float64 { return f.RSS }),
	}
}

func medianOf(pairs []pair, value func(pair) float64) float64 {
	values := make([]float64, len(pairs))
	for i, p := range pairs {
		values[i] = value(p)
	}
	return rig.Median(values)
}

func report(out io.Writer, o options, durability string, pairs []pair) error {
	r := summarise(o, durability, pairs)
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `
| database | accepted/s | full cycle/s | p50 ms | p99 ms | max ms | CPU ms/message | RSS MiB | bare: requests/s | CPU ms | accepted to bare | bare CPU to server's |
|---|---|---|---|---|---|---|---|---|---|---|---|
| %s | %.0f | %.0f | %.2f | %.2f | %.1f | %.3f | %.0f | %.0f | %.3f | %.2f | %.2f |

durability: %s

%s
`, r.title(), r.Server.Accepted, r.Server.Cycle, r.Server.P50, r.Server.P99, r.Server.Max, r.Server.CPU, r.Server.RSS,
		r.Bare.Accepted, r.Bare.CPU, r.AcceptedRatio, r.CPURatio, r.Durability, line)
	return err
}
