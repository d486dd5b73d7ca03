package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

const (
	draws       = 1_000_000 // requests until wrk begins again
	connections = 32
)

// Names of the files of codes to ask for.
const (
	zipf    = "zipf"
	uniform = "uniform"
)

// draw writes codes in the order in which they are asked for. By Zipf's law the n-th
// link is asked for in proportion to 1/n^1.1.
func draw(dir string, codes []code) error {
	r := rand.New(rand.NewPCG(1, 2))
	popular := rand.NewZipf(r, 1.1, 1, uint64(len(codes)-1))
	return errors.Join(
		write(filepath.Join(dir, zipf), func() code { return codes[popular.Uint64()] }),
		write(filepath.Join(dir, uniform), func() code { return codes[r.IntN(len(codes))] }))
}

func write(path string, next func() code) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	for range draws {
		c := next()
		w.Write(c[:]) // Flush tells the error
		w.WriteByte('\n')
	}
	return w.Flush()
}

// contestant is a handler under load.
type contestant struct {
	name, codes string
	handler     http.Handler
	sent        int64 // requests so far: a run goes on where the last one ended
	runs        []figures
}

// figures are of one run.
type figures struct{ rate, cpu, p50, p99, rss float64 }

// redirects loads the handlers in turn, a few times, and prints the medians as rows of Markdown.
func (s *site) redirects(ctx context.Context, out io.Writer, dir string, o options) error {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://shop.example/products/1?from=sms")
		w.WriteHeader(http.StatusFound)
	})
	all := []*contestant{{name: "bare", codes: uniform, handler: bare},
		{name: "ours, Zipf", codes: zipf, handler: s.links.Redirect()}, {name: "ours, uniform", codes: uniform, handler: s.links.Redirect()}}
	for range o.pairs {
		for _, c := range all {
			if err := s.load(ctx, c, dir, o); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	fmt.Fprintln(out, "| | redirects/s | to bare | CPU ms | bare's to it | p50 ms | p99 ms | RSS MiB |\n|---|---|---|---|---|---|---|---|")
	for _, c := range all {
		c.report(out, all[0].runs)
	}
	return nil
}

// load is one run: the clicks are written within it.
func (s *site) load(ctx context.Context, c *contestant, dir string, o options) error {
	debug.FreeOSMemory()
	stop, err := profile(o.profile, c.name)
	if err != nil {
		return err
	}
	before, err := rig.UsageOf(os.Getpid())
	if err != nil {
		return errors.Join(err, stop())
	}
	var r rig.WrkResult
	err = s.serving(ctx, func() (err error) {
		r, err = c.run(ctx, dir, o.load)
		return err
	})
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	c.sent += r.Requests
	after, err := rig.UsageOf(os.Getpid())
	c.runs = append(c.runs, figures{
		rate: rig.Rate(r.Requests, time.Duration(r.Duration)*time.Microsecond),
		cpu:  rig.PerMessage(after.CPU-before.CPU, r.Requests),
		p50:  float64(r.P50) / 1000, p99: float64(r.P99) / 1000, rss: float64(after.RSS >> 20),
	})
	return err
}

// report prints the medians; ratios are taken within each round.
func (c *contestant) report(out io.Writer, bare []figures) {
	median := func(of func(i int) float64) float64 {
		values := make([]float64, len(c.runs))
		for i := range values {
			values[i] = of(i)
		}
		return rig.Median(values)
	}
	fmt.Fprintf(out, "| %s | %.0f | %.2f | %.4f | %.2f | %.2f | %.2f | %.0f |\n", c.name,
		median(func(i int) float64 { return c.runs[i].rate }), median(func(i int) float64 { return c.runs[i].rate / bare[i].rate }),
		median(func(i int) float64 { return c.runs[i].cpu }), median(func(i int) float64 { return bare[i].cpu / c.runs[i].cpu }),
		median(func(i int) float64 { return c.runs[i].p50 }), median(func(i int) float64 { return c.runs[i].p99 }),
		median(func(i int) float64 { return c.runs[i].rss }))
}

// profile writes a CPU profile until it is stopped; without a folder it does nothing.
func profile(dir, name string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(filepath.Join(dir, strings.ReplaceAll(name, " ", "")+".prof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

// run serves the handler for as long as wrk loads it.
func (c *contestant) run(ctx context.Context, dir string, load time.Duration) (r rig.WrkResult, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	server := &http.Server{Handler: c.handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		closed := server.Close()
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
		err = errors.Join(err, closed)
	}()
	return rig.Wrk{
		Threads: 1, Connections: connections, Load: load, Script: filepath.Join("bench", "links", "follow.lua"),
		URL: "http://" + listener.Addr().String(), Env: []string{"HELIOGRAPH_CODES=" + filepath.Join(dir, c.codes), "HELIOGRAPH_SENT=" + strconv.FormatInt(c.sent, 10)},
	}.Run(ctx)
}
