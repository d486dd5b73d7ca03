package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// singles are messages sent singly at a steady rate. Each has a goroutine of its own, so
// that an answer which is late keeps none back.
type singles struct {
	cancel context.CancelFunc
	gone   sync.WaitGroup

	mu     sync.Mutex
	took   waits
	failed error
}

func (s *stage) startSingles(ctx context.Context) *singles {
	ctx, cancel := context.WithCancel(ctx)
	all := &singles{cancel: cancel}
	all.gone.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(s.options.singles))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				all.gone.Go(func() { all.send(s) })
			}
		}
	})
	return all
}

func (all *singles) send(s *stage) {
	begun := time.Now()
	err := s.call(context.Background(), "message/sendSmsMessage", nil, "recipient", "77050000020", "text", "Hello")
	took := time.Since(begun)
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.took = append(all.took, took); err != nil {
		all.failed = err
	}
}

// stop waits for the last answers.
func (all *singles) stop() waits {
	all.cancel()
	all.gone.Wait()
	if all.failed != nil {
		fmt.Println("a single message was refused:", all.failed)
	}
	slices.Sort(all.took)
	return all.took
}

// waits are how long answers took, in order.
type waits []time.Duration

func (w waits) String() string {
	if len(w) == 0 {
		return "–"
	}
	at := func(part float64) float64 {
		return float64(w[min(len(w)-1, int(part*float64(len(w))))].Microseconds()) / 1000
	}
	return fmt.Sprintf("%.1f, %.1f, %.1f", at(0.5), at(0.99), at(1))
}
