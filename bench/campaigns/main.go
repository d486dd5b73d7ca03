// Campaigns measures campaigns at the size that campaigns have:
//
//	go run ./bench/campaigns [-recipients 1000000] [-tracked] [-postgres]
//
// From the root of the module. It builds the server, gives an account a contact group
// of so many cards, starts the simulator and the server, and then, while single
// messages go on at a steady rate: imports a file, imports the group, replaces,
// deletes, sends and cancels campaigns of so many recipients. It prints a row of
// Markdown for each: how fast, what it cost, the most memory, and how long single messages
// waited for their answers. The rate of sending stands beside the full cycle of single messages in the same run.
//
// With -tracked the text has a link that each recipient has a short one of its own for.
//
// With -postgres the server's database is the one of HELIOGRAPH_TEST_POSTGRES:
// scripts/with-postgres sets it.
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
	recipients int
	tracked    bool
	postgres   bool
	singles    int           // a second, beside everything
	quiet      time.Duration // singles alone, for comparison
}

func main() {
	var o options
	flag.IntVar(&o.recipients, "recipients", 1_000_000, "of each campaign")
	flag.BoolVar(&o.tracked, "tracked", false, "with a link of each recipient's own in the text")
	flag.BoolVar(&o.postgres, "postgres", false, "on PostgreSQL, at HELIOGRAPH_TEST_POSTGRES")
	flag.IntVar(&o.singles, "singles", 100, "single messages a second, beside everything")
	flag.DurationVar(&o.quiet, "quiet", 10*time.Second, "how long single messages go alone first")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) (err error) {
	s := &stage{options: o}
	if s.rig, err = rig.New(ctx, "./cmd/heliograph"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.rig.Close()) }()
	if err := s.start(ctx); err != nil {
		return err
	}
	fmt.Println("| what | per second | seconds | CPU ms each | most memory, MiB | single messages: p50, p99, longest wait, ms |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, act := range s.acts() {
		f, err := s.play(ctx, act)
		if err != nil {
			return fmt.Errorf("%s: %w", act.name, err)
		}
		fmt.Println(f)
	}
	return nil
}
