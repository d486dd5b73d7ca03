package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// known are all contestants. A Kannel's binds are found by qualify.
var known = map[string]contestant{
	"kannel":       kannel{},
	"kannel-spool": kannel{spool: true},
	"sqlite":       ours{},
	"postgres":     ours{postgres: true},
}

// qualify chooses for each Kannel the number of binds with which it is faster, by a short run each.
func (s *stage) qualify(ctx context.Context) (field []contestant, err error) {
	short := *s
	short.load, short.steady = max(s.load/2, 2*time.Second), 0
	for _, name := range s.contestants {
		c := known[name]
		if k, ok := c.(kannel); ok {
			if c, err = short.fastest(ctx, k); err != nil {
				return nil, err
			}
		}
		field = append(field, c)
	}
	return field, nil
}

func (s *stage) fastest(ctx context.Context, k kannel) (best kannel, err error) {
	var most float64
	for k.binds = 1; k.binds <= bindsMost; k.binds++ {
		f, err := s.undisturbed(ctx, k)
		if err != nil {
			return k, err
		}
		fmt.Printf("qualifying: %v, binds: %d; %v\n", k, k.binds, f)
		if f.Cycle > most {
			best, most = k, f.Cycle
		}
	}
	return best, nil
}

// undisturbed measures up to three times, until nobody else has used the machine.
func (s *stage) undisturbed(ctx context.Context, c contestant) (f figures, err error) {
	for range 3 {
		if f, err = s.measure(ctx, c); err != nil || f.Foreign <= s.tolerance {
			break
		}
	}
	return f, err
}

// A round is one run of each contestant, by name.
type round map[string]figures

var errForeign = errors.New("others used the machine")

// rounds does as many as there are pairs, each in the other order. As many and two more may be dropped.
func (o options) rounds(field []contestant, measure func(contestant) (figures, error)) (kept []round, dropped int, err error) {
	for len(kept) < o.pairs && dropped < o.pairs+2 {
		r, err := o.round(field, measure)
		if errors.Is(err, errForeign) {
			dropped++
			fmt.Printf("pair dropped: %v\n", err)
			continue
		}
		if err != nil {
			return nil, dropped, err
		}
		kept = append(kept, r)
		slices.Reverse(field)
	}
	if len(kept) == 0 {
		return nil, dropped, fmt.Errorf("no pair is left: %w", errForeign)
	}
	return kept, dropped, nil
}

// round ends with the first run that others disturb.
func (o options) round(field []contestant, measure func(contestant) (figures, error)) (round, error) {
	r := round{}
	for _, c := range field {
		f, err := measure(c)
		if err != nil {
			return nil, err
		}
		fmt.Printf("%-12v %v\n", c, f)
		if f.Foreign > o.tolerance {
			return nil, fmt.Errorf("%w: %.0f%% of it while %v ran", errForeign, 100*f.Foreign, c)
		}
		r[c.String()] = f
	}
	return r, nil
}

func (f figures) String() string {
	return fmt.Sprintf("%.0f/s (accepted %.0f/s), %.3f CPU ms/message, PostgreSQL %.3f, p99 %.1f ms, steady %.1f ms, lost %d, doubled %d, other %d; sink %.3f ms, foreign %.0f%%",
		f.Cycle, f.Accepted, f.CPU, f.Postgres, f.P99, f.SteadyP99, f.Lost, f.Doubled, f.Other, f.Sink, 100*f.Foreign)
}
