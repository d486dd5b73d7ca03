package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// A spread is the median of a figure over the pairs, and how far it went.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	return spread{Median: tidy(rig.Median(values)), Min: tidy(slices.Min(values)), Max: tidy(slices.Max(values))}
}

// tidy leaves four decimals.
func tidy(value float64) float64 { return math.Round(value*1e4) / 1e4 }

// show prints a spread with so many decimals. What is always 0 was not measured.
func (s spread) show(decimals int) string {
	if s.Min == 0 && s.Max == 0 {
		return "–"
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", decimals, s.Median, decimals, s.Min, decimals, s.Max)
}

// A standing is what all of a contestant's runs come to.
type standing struct {
	Contestant string `json:"contestant"`
	Durability string `json:"durability"`
	Cycle      spread `json:"perSecond"`
	Accepted   spread `json:"acceptedPerSecond"`
	CPU        spread `json:"cpuMsPerMessage"`
	Postgres   spread `json:"postgresCpuMsPerMessage"`
	P99        spread `json:"p99ms"`
	SteadyP99  spread `json:"steadyP99ms"`
	Sink       spread `json:"sinkCpuMsPerCallback"`
	Foreign    spread `json:"foreign"` // share of the machine that others used, 0 to 1
	Lost       int64  `json:"lost"`
	Doubled    int64  `json:"doubled"`
	Other      int64  `json:"other"`
	ToBest     spread `json:"toBestKannel"`  // messages per second, pair by pair; 0 without a Kannel
	ToSpool    spread `json:"toKannelSpool"` // likewise
}

func standingOf(name string, rounds []round) standing {
	each := func(value func(round) float64) spread {
		values := make([]float64, len(rounds))
		for i, r := range rounds {
			values[i] = value(r)
		}
		return spreadOf(values)
	}
	own := func(value func(figures) float64) spread { return each(func(r round) float64 { return value(r[name]) }) }
	s := standing{
		Contestant: name,
		Cycle:      own(func(f figures) float64 { return f.Cycle }),
		Accepted:   own(func(f figures) float64 { return f.Accepted }),
		CPU:        own(func(f figures) float64 { return f.CPU }),
		Postgres:   own(func(f figures) float64 { return f.Postgres }),
		P99:        own(func(f figures) float64 { return f.P99 }),
		SteadyP99:  own(func(f figures) float64 { return f.SteadyP99 }),
		Sink:       own(func(f figures) float64 { return f.Sink }),
		Foreign:    own(func(f figures) float64 { return f.Foreign }),
		ToBest:     each(func(r round) float64 { return r.ratio(name, "kannel", "kannel-spool") }),
		ToSpool:    each(func(r round) float64 { return r.ratio(name, "kannel-spool") }),
	}
	for _, r := range rounds {
		s.Lost += r[name].Lost
		s.Doubled += r[name].Doubled
		s.Other += r[name].Other
	}
	return s
}

// ratio is a contestant's headline over that of the best of its rivals in the same round; 0 if none of them ran.
func (r round) ratio(name string, rivals ...string) float64 {
	var best float64
	for _, rival := range rivals {
		best = max(best, r[rival].Cycle)
	}
	if best == 0 {
		return 0
	}
	return r[name].Cycle / best
}

// result is the bench's line of JSON.
type result struct {
	Machine     machine    `json:"machine"`
	AcceptOnly  bool       `json:"acceptOnly"`
	Pairs       int        `json:"pairs"`
	Dropped     int        `json:"droppedPairs"`
	Tolerance   float64    `json:"tolerance"` // of foreign load, beyond which a pair is dropped
	Seconds     float64    `json:"seconds"`
	Connections int        `json:"connections"`
	Steady      int        `json:"steadyPerSecond"`
	Window      int        `json:"window"`
	Standings   []standing `json:"contestants"`
}

func (s *stage) result(m machine, rounds []round, dropped int) result {
	r := result{
		Machine: m, AcceptOnly: s.acceptOnly, Pairs: len(rounds), Dropped: dropped, Tolerance: s.tolerance, Seconds: s.load.Seconds(),
		Connections: s.connections, Steady: s.steady, Window: window,
	}
	for _, name := range s.contestants {
		standing := standingOf(name, rounds)
		standing.Durability = s.durability[name]
		r.Standings = append(r.Standings, standing)
	}
	return r
}

// print writes the result as a table of Markdown, in words, and as a line of JSON.
func (r result) print(out io.Writer) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var text strings.Builder
	headline := "full cycle/s"
	if r.AcceptOnly {
		headline = "accepted and submitted/s"
	}
	fmt.Fprintf(&text, "\n| | %s | to the best Kannel | to Kannel with spool | accepted/s | CPU ms/message | PostgreSQL's | p99 ms, %d connections | p99 ms at %d/s | lost | doubled |\n",
		headline, r.Connections, r.Steady)
	text.WriteString("|" + strings.Repeat("---|", 11) + "\n")
	for _, s := range r.Standings {
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %d | %d |\n", s.Contestant, s.Cycle.show(0), s.ToBest.show(2), s.ToSpool.show(2),
			s.Accepted.show(0), s.CPU.show(3), s.Postgres.show(3), s.P99.show(1), s.SteadyP99.show(1), s.Lost, s.Doubled)
	}
	fmt.Fprintf(&text, "\nMedian (min–max) of %d pairs; %d dropped because others used more than %.0f %% of the machine.\n%v\n",
		r.Pairs, r.Dropped, 100*r.Tolerance, r.Machine)
	for _, s := range r.Standings {
		fmt.Fprintf(&text, "%s: durability %s; others used %.0f %% of the machine at most", s.Contestant, s.Durability, 100*s.Foreign.Max)
		if !r.AcceptOnly {
			fmt.Fprintf(&text, "; the sink took %s CPU ms a callback; %d callbacks did not say delivered", s.Sink.show(3), s.Other)
		}
		text.WriteString("\n")
	}
	_, err = fmt.Fprintf(out, "%s\n%s\n", &text, line)
	return err
}
