package main

import (
	"context"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

func (s *stage) wrk(ctx context.Context, t *target) (rig.WrkResult, error) {
	env := []string{"HELIOGRAPH_KEY=" + s.key}
	if s.keys != "" { // no run repeats the keys of another
		env = append(env, "HELIOGRAPH_REPEATABLE="+time.Now().Format(time.RFC3339Nano))
	}
	if s.keys == chance {
		env = append(env, "HELIOGRAPH_CHANCE=1")
	}
	return rig.Wrk{
		Threads: s.threads, Connections: s.connections, Load: s.load, Script: "bench/send.lua",
		URL: t.url + "/service/message/sendSmsMessage", Env: env,
	}.Run(ctx)
}

func (s *stage) loadBare(ctx context.Context, t *target) (figures, error) {
	before, err := rig.UsageOf(t.pid)
	if err != nil {
		return figures{}, err
	}
	w, err := s.wrk(ctx, t)
	if err != nil {
		return figures{}, fmt.Errorf("bare: %w", err)
	}
	after, err := rig.UsageOf(t.pid)
	return latencies(w).withCost(w.Requests, after.CPU-before.CPU, after.RSS), err
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
		return figures{}, fmt.Errorf("%d of %d requests were refused; the last log lines:\n%s", refused, w.Requests, t.LogTail())
	}
	done := final
	if s.down {
		done = accepted
	}
	f := latencies(w).withCost(done, after.CPU-before.CPU, after.RSS)
	f.Accepted = rig.Rate(accepted, time.Duration(w.Duration)*time.Microsecond)
	f.Cycle = rig.Rate(final, after.at.Sub(begin))
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
