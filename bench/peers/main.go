// Peers measures Heliograph beside Kannel, an open SMS gateway, on the same machine in the same minutes:
//
//	make bench-peers BENCH="[-contestants kannel,kannel-spool,sqlite,postgres] [-pairs 5] [-seconds 8] [-connections 32] [-accept] [-steady 1500]"
//
// From the root of the module, through scripts/with-postgres. All send to one carrier, heliograph smsc, and report to one
// sink, which is part of this program. Kannel runs with one bind and with two, and the better of them goes on. Then all
// run in turn, as many times as there are pairs, each time in the other order. A run begins with nothing and has two
// parts: wrk in a closed loop, for as long as -seconds says, and a steady rate for half of that. Each ends when the last
// callback has come.
//
// The headline counts messages whose callback came, from the first request to the last callback. With -accept nobody is
// called back, and messages count that were accepted and that the carrier has answered. Heliograph asks the carrier for
// a receipt and notes the outcome all the same; Kannel does not.
//
// A pair during which others used more than a tenth of the machine is dropped and done again. The ratios are those of
// ours and the best Kannel of the same pair.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

type options struct {
	contestants []string
	pairs       int
	load        time.Duration
	connections int
	acceptOnly  bool
	steady      int     // messages a second; 0 = no such load
	tolerance   float64 // share of the machine that others may use, 0 to 1
}

func main() {
	runtime.GOMAXPROCS(1) // the sink and the steady load take as little as they can of what is measured
	o, err := readOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err == nil {
		err = compare(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func readOptions(args []string) (o options, err error) {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	names := flags.String("contestants", "kannel,kannel-spool,sqlite,postgres", "who runs")
	flags.IntVar(&o.pairs, "pairs", 5, "runs of each")
	seconds := flags.Int("seconds", 8, "closed loop of each run; the steady rate lasts half of it")
	flags.IntVar(&o.connections, "connections", 32, "of the closed loop")
	flags.BoolVar(&o.acceptOnly, "accept", false, "no callbacks: accept and submit")
	flags.IntVar(&o.steady, "steady", 1500, "messages a second at the steady rate; 0 = leave it out")
	percent := flags.Float64("foreign", 10, "percent of the machine that others may use")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.load = time.Duration(*seconds) * time.Second
	o.tolerance = *percent / 100
	o.contestants = strings.Split(*names, ",")
	for _, name := range o.contestants {
		if _, ok := known[name]; !ok {
			return o, fmt.Errorf("no contestant is called %q", name)
		}
	}
	return o, nil
}

// compare runs all that was asked for. Figures that nobody disturbed are printed, even if they are fewer than were wanted.
func compare(ctx context.Context, o options) (err error) {
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	field, err := s.qualify(ctx)
	if err != nil {
		return err
	}
	rounds, dropped, err := s.rounds(field, func(c contestant) (figures, error) { return s.measure(ctx, c) })
	if err != nil {
		return err
	}
	m, err := s.machine(ctx)
	if err != nil {
		return err
	}
	return s.result(m, rounds, dropped).print(os.Stdout)
}
