package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// figures is what one run comes to. Latencies are in milliseconds, processor time in milliseconds a message.
type figures struct {
	Cycle     float64 `json:"perSecond"` // messages whose callback came; with -accept: accepted and submitted
	Accepted  float64 `json:"acceptedPerSecond"`
	CPU       float64 `json:"cpuMsPerMessage"`
	Postgres  float64 `json:"postgresCpuMsPerMessage"`
	P99       float64 `json:"p99ms"`
	SteadyP99 float64 `json:"steadyP99ms"`
	Sink      float64 `json:"sinkCpuMsPerCallback"`

	Lost    int64 `json:"lost"`    // accepted, and nothing was heard of it
	Doubled int64 `json:"doubled"` // more than one callback
	Other   int64 `json:"other"`   // callbacks that do not say delivered

	Foreign float64 `json:"foreign"` // share of the machine's processors that others used, 0 to 1; the worse load's
}

// A meter measures one entrant.
type meter struct {
	*stage
	*entrant
	before int64 // messages that were submitted before this load
}

// measure runs a contestant from an empty start to its stop.
func (s *stage) measure(ctx context.Context, c contestant) (f figures, err error) {
	e, err := c.start(ctx, s)
	if err != nil {
		return f, fmt.Errorf("%v: %w", c, err)
	}
	s.durability[c.String()] = e.durability
	defer func() { err = errors.Join(err, e.stop()) }()
	m := &meter{stage: s, entrant: e}
	if err = m.closed(ctx, &f); err == nil && s.steady > 0 {
		err = m.open(ctx, &f)
	}
	if err != nil {
		err = fmt.Errorf("%v: %w\n%s", c, err, e.processes[0].LogTail())
	}
	return f, err
}

// closed loads with wrk, for the headline, the cost and the latency under full load.
func (m *meter) closed(ctx context.Context, f *figures) error {
	m.sink.empty()
	before, err := rig.TakeCensus()
	if err != nil {
		return err
	}
	w, err := rig.Wrk{
		Threads: 2, Connections: m.connections, Load: m.load, Script: "bench/peers/send.lua",
		URL: "http://" + m.address, Env: []string{"PEERS_SHOT=" + string(m.shot)},
	}.Run(ctx)
	if err != nil {
		return err
	}
	o, err := m.settle(ctx, w.Accepted, before.At)
	if err != nil {
		return err
	}
	after, err := rig.TakeCensus()
	if err != nil {
		return err
	}
	o.count(f)
	f.Cycle = rig.Rate(o.heard, o.last.Sub(before.At))
	f.Accepted = rig.Rate(w.Accepted, time.Duration(w.Duration)*time.Microsecond)
	f.P99 = float64(w.P99) / 1e3
	f.CPU = rig.PerMessage(m.own(after)-m.own(before), o.heard)
	f.Postgres = rig.PerMessage(m.ofDatabase(after)-m.ofDatabase(before), o.heard)
	if !m.acceptOnly {
		f.Sink = rig.PerMessage(after.Own(os.Getpid())-before.Own(os.Getpid()), o.heard)
	}
	f.Foreign = m.foreign(before, after)
	return nil
}

// firstSteady is the number of the first message at a steady rate, above all that wrk uses.
const firstSteady = 900_000_000

// open loads at a steady rate, for the latency when there is room.
func (m *meter) open(ctx context.Context, f *figures) error {
	m.sink.empty()
	before, err := rig.TakeCensus()
	if err != nil {
		return err
	}
	if m.before, err = m.submitted(ctx); err != nil {
		return err
	}
	accepted, p99, err := steady{address: m.address, shot: m.shot, first: firstSteady, rate: m.steady, load: m.load / 2}.run(ctx)
	if err != nil {
		return err
	}
	o, err := m.settle(ctx, accepted, before.At)
	if err != nil {
		return err
	}
	after, err := rig.TakeCensus()
	if err != nil {
		return err
	}
	o.count(f)
	f.SteadyP99 = float64(p99) / float64(time.Millisecond)
	f.Foreign = max(f.Foreign, m.foreign(before, after))
	return nil
}

// own is the processor time of the entrant's processes.
func (m *meter) own(c rig.Census) (sum time.Duration) {
	for _, p := range m.processes {
		sum += c.CPU(p.PID())
	}
	return sum
}

// ofDatabase is the processor time of the entrant's PostgreSQL. While others are measured, it is a stranger.
func (m *meter) ofDatabase(c rig.Census) time.Duration {
	if m.postmaster == 0 {
		return 0
	}
	return c.CPU(m.postmaster)
}

// kernelThreads is the parent of all of them. What they do is done for somebody who is counted.
const kernelThreads = 2

// foreign is the share of the machine's processors, 0 to 1, that none of ours has used.
func (m *meter) foreign(before, after rig.Census) float64 {
	known := func(c rig.Census) time.Duration { return c.CPU(os.Getpid()) + c.CPU(kernelThreads) + m.ofDatabase(c) }
	return share(after.Busy-before.Busy-(known(after)-known(before)), after.At.Sub(before.At), runtime.NumCPU())
}

// share is how much of the processors a use of them is, 0 to 1. What rounding leaves below zero is nothing.
func share(use, elapsed time.Duration, processors int) float64 {
	return max(0, use.Seconds()/(elapsed.Seconds()*float64(processors)))
}

// An outcome is what became of a load's messages.
type outcome struct {
	tally
	taken int64     // accepted, by the answers or by what was submitted; the more
	heard int64     // reported as delivered; with -accept: submitted
	last  time.Time // when the last was
}

func (o outcome) count(f *figures) {
	f.Lost += max(0, o.taken-o.heard)
	f.Doubled += o.Repeated
	f.Other += o.Other
}

const (
	calm     = 200 * time.Millisecond // without news, it may be that all have come
	patience = 15 * time.Second       // and then nobody waits for more
)

// settle waits until all that was accepted since begin was heard of, or until nothing is heard any more. A few messages
// may be accepted whose answers wrk has not waited for; what was submitted tells.
func (m *meter) settle(ctx context.Context, accepted int64, begin time.Time) (o outcome, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	o.last = begin
	for {
		if err := m.listen(ctx, &o); err != nil {
			return o, err
		}
		if quiet := time.Since(o.last); quiet >= calm {
			submitted, err := m.submitted(ctx)
			o.taken = max(accepted, submitted-m.before)
			if err != nil || o.heard >= o.taken || quiet >= patience {
				return o, err
			}
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-tick.C:
		}
	}
}

// listen brings an outcome up to date.
func (m *meter) listen(ctx context.Context, o *outcome) error {
	if !m.acceptOnly {
		o.tally = m.sink.tally()
		o.heard = o.Unique
		if o.Last.After(o.last) {
			o.last = o.Last
		}
		return nil
	}
	submitted, err := m.submitted(ctx)
	if submitted -= m.before; submitted != o.heard {
		o.heard, o.last = submitted, time.Now()
	}
	return err
}
