//go:build failpoint

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestTortureInEachPhase kills the server once in each phase on each engine, at a
// moment that is another one each time.
func TestTortureInEachPhase(t *testing.T) {
	for _, phase := range failpoint.Points() {
		t.Run(string(phase), func(t *testing.T) {
			for _, engine := range testkit.Engines {
				t.Run(engine, func(t *testing.T) {
					t.Parallel()
					p := newPlan(rand.Uint64N(1_000_000), wanted{phase: phase, engine: engine, kills: 1})
					t.Logf("%+v", suffer(t, p))
				})
			}
		})
	}
}

// TestTorture does as many runs as tortureEnv asks for, and prints what came of them.
func TestTorture(t *testing.T) {
	w, err := parseWanted(os.Getenv(tortureEnv))
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []outcome
	for i := range w.runs {
		p := newPlan(w.seed+uint64(i), w)
		t.Run(fmt.Sprintf("seed=%d", p.seed), func(t *testing.T) {
			t.Log(p)
			outcomes = append(outcomes, suffer(t, p))
		})
	}
	fmt.Printf("\n%s", tabulate(outcomes))
}
