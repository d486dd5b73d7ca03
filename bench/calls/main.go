// Calls measures what an authenticated call costs that does nothing much, user/getOwnBalance, beside a bare net/http
// handler that parses the same form and answers the same envelope:
//
//	go run ./bench/calls [-pairs 5] [-seconds 5] [-connections 32] [-postgres]
//
// From the root of the module. Both run as processes of their own and are loaded in turn with wrk; the medians of the
// pairs are printed as one row of Markdown. With -postgres the server's database is the one of
// HELIOGRAPH_TEST_POSTGRES: scripts/with-postgres sets it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

type options struct {
	pairs, connections int
	load               time.Duration
	postgres           bool
}

func main() {
	var o options
	flag.IntVar(&o.pairs, "pairs", 5, "pairs of runs, bare and server")
	seconds := flag.Int("seconds", 5, "load of each run")
	flag.IntVar(&o.connections, "connections", 32, "wrk's connections")
	flag.BoolVar(&o.postgres, "postgres", false, "on PostgreSQL, at HELIOGRAPH_TEST_POSTGRES")
	flag.Parse()
	o.load = time.Duration(*seconds) * time.Second
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, out io.Writer, o options) (err error) {
	r, err := rig.New(ctx, "./cmd/heliograph", "./bench/bare")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	bare, server, err := start(ctx, r, o)
	if err != nil {
		return err
	}
	var pairs []pair
	for range o.pairs {
		var p pair
		if p.bare, err = bare.run(ctx, o); err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		if p.server, err = server.run(ctx, o); err != nil {
			return fmt.Errorf("server: %w", err)
		}
		pairs = append(pairs, p)
	}
	report(out, pairs)
	return nil
}

// target is a process that is loaded.
type target struct {
	*rig.Process
	url, key string
	answered func(context.Context) (int64, error) // calls with code 0 so far; nil: status 200 tells
}

func start(ctx context.Context, r *rig.Rig, o options) (bare, server *target, err error) {
	address, err := rig.FreeAddresses(3)
	if err != nil {
		return nil, nil, err
	}
	p, err := r.Start("bare", r.Path("bare"), "-listen", address[0])
	if err != nil {
		return nil, nil, err
	}
	bare = &target{Process: p, url: "http://" + address[0], key: "none"}
	if err := p.Serves(ctx, bare.url+"/readyz"); err != nil {
		return nil, nil, err
	}
	site := rig.Site{Listen: address[1], Database: "sqlite:" + r.Path("heliograph.db"), SMSC: address[2], Window: 1, Binds: 1, Limits: "default = \"10000000/s\""}
	if o.postgres {
		if site.Database, err = rig.Postgres(); err != nil {
			return nil, nil, err
		}
	}
	server = &target{url: site.URL()}
	if server.key, err = r.Prepare(ctx, site); err != nil {
		return nil, nil, err
	}
	if server.Process, err = r.Serve(ctx, site); err != nil {
		return nil, nil, err
	}
	server.answered = func(ctx context.Context) (int64, error) {
		body, err := rig.Get(ctx, site.URL()+"/metrics")
		if err != nil {
			return 0, err
		}
		return rig.Counter(body, `heliograph_api_calls_total{code="0",method="user.getOwnBalance"}`)
	}
	return bare, server, nil
}

// figures are of one run: calls a second, milliseconds, MiB.
type figures struct{ rate, cpu, p50, p99, rss float64 }

type pair struct{ bare, server figures }

// run loads the target. A refusal has status 200, too, so the server's own counter tells whether there was one.
func (t *target) run(ctx context.Context, o options) (f figures, err error) {
	begun, err := t.count(ctx)
	if err != nil {
		return f, err
	}
	before, err := rig.UsageOf(t.PID())
	if err != nil {
		return f, err
	}
	r, err := rig.Wrk{Threads: 2, Connections: o.connections, Load: o.load, Script: "bench/calls/balance.lua",
		URL: t.url + "/service/user/getOwnBalance", Env: []string{"HELIOGRAPH_KEY=" + t.key}}.Run(ctx)
	if err != nil {
		return f, err
	}
	after, err := rig.UsageOf(t.PID())
	if err != nil {
		return f, err
	}
	ended, err := t.count(ctx)
	if t.answered != nil && ended-begun < r.Requests {
		err = errors.Join(err, fmt.Errorf("%d of %d calls were answered with code 0", ended-begun, r.Requests))
	}
	return figures{
		rate: rig.Rate(r.Requests, time.Duration(r.Duration)*time.Microsecond), cpu: rig.PerMessage(after.CPU-before.CPU, r.Requests),
		p50: float64(r.P50) / 1000, p99: float64(r.P99) / 1000, rss: float64(after.RSS >> 20),
	}, err
}

func (t *target) count(ctx context.Context) (int64, error) {
	if t.answered == nil {
		return 0, nil
	}
	return t.answered(ctx)
}

func report(out io.Writer, pairs []pair) {
	median := func(of func(pair) float64) float64 {
		values := make([]float64, len(pairs))
		for i, p := range pairs {
			values[i] = of(p)
		}
		return rig.Median(values)
	}
	fmt.Fprintf(out, `| calls/s | bare | to bare | CPU ms | bare's to it | p50 ms | p99 ms | RSS MiB |
|---|---|---|---|---|---|---|---|
| %.0f | %.0f | %.2f | %.4f | %.2f | %.2f | %.2f | %.0f |
`, median(func(p pair) float64 { return p.server.rate }), median(func(p pair) float64 { return p.bare.rate }),
		median(func(p pair) float64 { return p.server.rate / p.bare.rate }), median(func(p pair) float64 { return p.server.cpu }),
		median(func(p pair) float64 { return p.bare.cpu / p.server.cpu }), median(func(p pair) float64 { return p.server.p50 }),
		median(func(p pair) float64 { return p.server.p99 }), median(func(p pair) float64 { return p.server.rss }))
}
