//go:build failpoint

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// tortureEnv names the variable with what is asked of TestTorture:
// "-runs 40 -seed 7 -phase answered -engine sqlite".
const tortureEnv = "HELIOGRAPH_TORTURE"

// wanted is what is asked of a torture.
type wanted struct {
	runs   int
	seed   uint64 // of the first run; the others count on from there
	phase  failpoint.Point
	engine string
	kills  int
}

func parseWanted(text string) (w wanted, err error) {
	flags := flag.NewFlagSet(tortureEnv, flag.ContinueOnError)
	flags.IntVar(&w.runs, "runs", 10, "how many runs")
	flags.Uint64Var(&w.seed, "seed", 0, "of the first run; 0 = another one every time")
	flags.StringVar((*string)(&w.phase), "phase", "", "where the first kill lands; empty = anywhere")
	flags.IntVar(&w.kills, "kills", 0, "how many in each run; 0 = 1 to 3")
	flags.StringVar(&w.engine, "engine", "", "sqlite or postgres; empty = either")
	if err := flags.Parse(strings.Fields(text)); err != nil {
		return w, err
	}
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("%s: what is %q?", tortureEnv, flags.Arg(0))
	case w.phase != "" && !slices.Contains(failpoint.Points(), w.phase):
		err = fmt.Errorf("%s: there is no phase %q: %v", tortureEnv, w.phase, failpoint.Points())
	case w.engine != "" && !slices.Contains(testkit.Engines[:], w.engine):
		err = fmt.Errorf("%s: there is no engine %q: %v", tortureEnv, w.engine, testkit.Engines)
	}
	if w.seed == 0 {
		w.seed = rand.Uint64N(1_000_000)
	}
	return w, err
}

// kill is one death of the server: the hits-th time that it comes to the point.
type kill struct {
	point failpoint.Point
	hits  int
}

func (k kill) String() string { return fmt.Sprintf("%s:%d", k.point, k.hits) }

// plan is a whole run, made of its seed alone.
type plan struct {
	seed         uint64
	engine       string
	kills        []kill
	inDoubt      string
	held         int // messages held in memory
	receiptDelay time.Duration
}

// hits gives how often each point is reached before the kill: late enough for the
// window to be full. Of stopping it is the calls answered before SIGTERM.
func hits(p failpoint.Point) (from, to int) {
	switch p {
	case failpoint.AcceptUncommitted:
		return 60, 200
	case failpoint.Intended:
		return 10, 40
	case failpoint.Claimed:
		return 3, 15
	case failpoint.Spilled:
		return 1, 300
	case failpoint.WebhookPosted, failpoint.WebhookRecorded:
		return 100, 400
	case failpoint.Accepted, failpoint.Stopping:
		return 600, 1500
	default: // counted in segments
		return 1000, 3000
	}
}

// What makes a server spill: so few messages are held in memory.
const littleMemory = 100

// newPlan draws a run. What is asked for replaces what was drawn, so that the same
// seed draws the rest the same.
func newPlan(seed uint64, w wanted) plan {
	draw := rand.New(rand.NewPCG(seed, 0))
	p := plan{
		seed:         seed,
		engine:       testkit.Engines[draw.IntN(len(testkit.Engines))],
		inDoubt:      pick(draw, config.InDoubtResend, config.InDoubtResend, config.InDoubtWait, config.InDoubtFail),
		held:         pick(draw, littleMemory, 10_000),
		receiptDelay: pick(draw, 0, 20*time.Millisecond, 200*time.Millisecond),
	}
	kills := pick(draw, 1, 1, 2, 3)
	if w.kills > 0 {
		kills = w.kills
	}
	for i := range kills {
		point := pick(draw, failpoint.Points()...)
		if i == 0 && w.phase != "" {
			point = w.phase
		}
		from, to := hits(point)
		p.kills = append(p.kills, kill{point, from + draw.IntN(to-from)})
		if point == failpoint.Spilled || point == failpoint.Claimed {
			p.held = littleMemory
		}
	}
	if w.engine != "" {
		p.engine = w.engine
	}
	return p
}

func pick[T any](draw *rand.Rand, from ...T) T { return from[draw.IntN(len(from))] }

// phase is what the run is counted under: where its first kill lands.
func (p plan) phase() failpoint.Point { return p.kills[0].point }

func (p plan) String() string {
	return fmt.Sprintf("%s, kills %v, in doubt %s, %d held, receipts after %s", p.engine, p.kills, p.inDoubt, p.held, p.receiptDelay)
}

// again is the command that does the run once more.
func (p plan) again() string {
	return fmt.Sprintf(`make torture TORTURE="-runs 1 -seed %d -phase %s -engine %s -kills %d"`, p.seed, p.phase(), p.engine, len(p.kills))
}
