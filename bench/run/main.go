// Run measures how fast the server is, beside a bare net/http handler on the same machine in the same minutes:
//
//	go run ./bench/run [-pairs 5] [-seconds 10] [-connections 32] [-postgres] [-down] [-slow] [-keys counted|chance] [-database FILE]
//
// From the root of the module. It builds both, starts the carrier simulator and the server on an empty database, and loads them in turn with wrk. A
// pair is one run of each. For the server it also waits until every accepted message is final, and counts the whole
// way. It prints a line for each pair, then the medians as one row of Markdown and one line of JSON.
//
// With -down nobody listens where the carrier should be: messages are accepted and stay queued, and each counts when it
// is accepted.
//
// With -slow the account has a webhook whose receiver takes five seconds for each answer.
//
// With -keys each request has an idempotency key of its own: counted up, or drawn by chance.
//
// With -database the server's database is a copy that is there already and stays, such as bench/lists -keep leaves: what
// does the ten-millionth message cost?
//
// With -postgres the server's database is the one of HELIOGRAPH_TEST_POSTGRES: scripts/with-postgres sets it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

type options struct {
	pairs       int
	load        time.Duration
	connections int
	threads     int
	postgres    bool
	down        bool
	slow        bool
	keys        string
	database    string
	window      int
	binds       int
}

// Kinds of idempotency keys.
const (
	counted = "counted"
	chance  = "chance"
)

func main() {
	var o options
	var seconds int
	flag.IntVar(&o.pairs, "pairs", 5, "pairs of runs, bare and server")
	flag.IntVar(&seconds, "seconds", 10, "load of each run")
	flag.IntVar(&o.connections, "connections", 32, "wrk's connections")
	flag.IntVar(&o.threads, "threads", 2, "wrk's threads")
	flag.IntVar(&o.window, "window", 100, "unanswered submits of a bind")
	flag.IntVar(&o.binds, "binds", 2, "binds to the simulator")
	flag.BoolVar(&o.postgres, "postgres", false, "on PostgreSQL, at HELIOGRAPH_TEST_POSTGRES")
	flag.StringVar(&o.database, "database", "", "a SQLite file to go on with instead of an empty one")
	flag.BoolVar(&o.down, "down", false, "no simulator: the carrier is down")
	flag.BoolVar(&o.slow, "slow", false, "with a webhook whose receiver is slow")
	flag.StringVar(&o.keys, "keys", "", "with an idempotency key for each request: counted or chance")
	flag.Parse()
	o.load = time.Duration(seconds) * time.Second
	if o.keys != "" && o.keys != counted && o.keys != chance {
		fmt.Fprintf(os.Stderr, "bench: -keys %q is neither %s nor %s\n", o.keys, counted, chance)
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) (err error) {
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.rig.Close()) }()
	bare, server, err := s.start(ctx)
	if err != nil {
		return err
	}
	var pairs []pair
	for i := range o.pairs {
		p, err := runPair(ctx, s, bare, server, i%2 == 0)
		if err != nil {
			return fmt.Errorf("pair %d: %w", i+1, err)
		}
		fmt.Printf("pair %d: %v\n", i+1, p)
		pairs = append(pairs, p)
	}
	durability, err := rig.Durability(ctx, s.url)
	if err != nil {
		return err
	}
	return report(os.Stdout, o, durability, pairs)
}

// runPair changes the order from pair to pair, so that neither side always has the machine as the other left it.
func runPair(ctx context.Context, s *stage, bare, server *target, bareFirst bool) (p pair, err error) {
	if bareFirst {
		if p.Bare, err = s.loadBare(ctx, bare); err != nil {
			return p, err
		}
		p.Server, err = s.loadServer(ctx, server)
		return p, err
	}
	if p.Server, err = s.loadServer(ctx, server); err != nil {
		return p, err
	}
	p.Bare, err = s.loadBare(ctx, bare)
	return p, err
}
