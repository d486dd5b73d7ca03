// Links measures the redirect of short links beside a bare net/http one, and getStats:
//
//	go run ./bench/links [-links 10000000] [-seconds 5] [-pairs 3] [-postgres] [-keep DIR] [-profile DIR]
//
// It stores the links in a database in a folder of its own, and runs wrk against three
// handlers in turn, all in this process: the bare redirect, and ours with codes drawn by
// Zipf's law and uniformly. Each pair is one run of the three; the medians are printed. CPU
// is this process's, wrk apart, with what writing the clicks takes.
//
// With -keep the database and the codes stay in DIR, or are taken from there. With -profile
// a CPU profile of each handler's last run is left in DIR. With -postgres the database is the one of
// HELIOGRAPH_TEST_POSTGRES, which is then left with the links in it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type options struct {
	links    int
	load     time.Duration
	pairs    int
	keep     string
	profile  string
	postgres bool
}

func main() {
	var o options
	flag.IntVar(&o.links, "links", 10_000_000, "how many links there are")
	seconds := flag.Int("seconds", 5, "of load on each handler")
	flag.IntVar(&o.pairs, "pairs", 3, "runs of each handler")
	flag.StringVar(&o.keep, "keep", "", "a folder whose links are used, or that they are left in")
	flag.StringVar(&o.profile, "profile", "", "a folder for CPU profiles")
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
	if o.links < 1 || o.pairs < 1 {
		return fmt.Errorf("-links %d -pairs %d: at least one of each is needed", o.links, o.pairs)
	}
	dir, err := os.MkdirTemp("", "heliograph-links-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	url := "sqlite:" + filepath.Join(cmp.Or(o.keep, dir), "links.db")
	if o.postgres {
		if url, err = rig.Postgres(); err != nil {
			return err
		}
	}
	var past atomic.Int64 // how far the clock is behind
	d, err := db.Open(ctx, url, db.Options{
		Logger: slog.New(slog.DiscardHandler),
		Clock:  func() time.Time { return time.Now().Add(-time.Duration(past.Load())) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	s, err := newSite(ctx, d, &past)
	if err != nil {
		return err
	}
	return s.measure(ctx, out, dir, o)
}

// measure fills the database and measures everything in turn.
func (s *site) measure(ctx context.Context, out io.Writer, dir string, o options) error {
	begun := time.Now()
	codes, err := s.stock(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d links in %s\n", len(codes), time.Since(begun).Round(time.Second))
	if err := draw(dir, codes); err != nil {
		return err
	}
	codes = nil // is not the server's memory
	if err := s.redirects(ctx, out, dir, o); err != nil {
		return err
	}
	return s.stats(ctx, out)
}
