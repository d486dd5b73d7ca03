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

// redirects loads the handlers in turn and prints a row of Markdown for each.
func (s *site) redirects(ctx context.Context, out io.Writer, dir string, load time.Duration) error {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://shop.example/products/1?from=sms")
		w.WriteHeader(http.StatusFound)
	})
	fmt.Fprintln(out, "| | redirects/s | to bare | p50 ms | p99 ms | RSS MiB |\n|---|---|---|---|---|---|")
	var base float64
	for _, t := range []struct {
		name, codes string
		handler     http.Handler
	}{{"bare", uniform, bare}, {"ours, Zipf", zipf, s.links.Redirect()}, {"ours, uniform", uniform, s.links.Redirect()}} {
		debug.FreeOSMemory()
		var r rig.WrkResult
		var u rig.Usage
		err := s.serving(ctx, func() (err error) {
			if r, err = loadOne(ctx, t.handler, filepath.Join(dir, t.codes), load); err == nil {
				u, err = rig.UsageOf(os.Getpid())
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		rate := rig.Rate(r.Requests, time.Duration(r.Duration)*time.Microsecond)
		if base == 0 {
			base = rate
		}
		fmt.Fprintf(out, "| %s | %.0f | %.2f | %.2f | %.2f | %d |\n", t.name, rate, rate/base, float64(r.P50)/1000, float64(r.P99)/1000, u.RSS>>20)
	}
	return nil
}

// loadOne serves a handler for as long as wrk loads it.
func loadOne(ctx context.Context, handler http.Handler, codes string, load time.Duration) (r rig.WrkResult, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
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
		URL: "http://" + listener.Addr().String(), Env: []string{"HELIOGRAPH_CODES=" + codes},
	}.Run(ctx)
}
