package user

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

// slowly is a read that begins when it is called and ends when it is let.
type slowly struct {
	value, reads int
	let          chan struct{}
}

func (s *slowly) read(context.Context, string) (int, error) {
	s.reads++
	found := s.value
	<-s.let
	return found, nil
}

func TestWhoAsksWhileAReadIsUnderWaySharesTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &slowly{value: 1, let: make(chan struct{})}
		s := newShared(from.read)
		var calls sync.WaitGroup
		ask := func(want int) {
			calls.Go(func() {
				if got, err := s.get(t.Context(), "ann"); got != want || err != nil {
					t.Errorf("%d, %v; want %d", got, err, want)
				}
			})
		}
		ask(1)
		synctest.Wait() // it has read 1
		from.value = 2
		for range 20 {
			ask(2)
		}
		synctest.Wait()
		from.let <- struct{}{}
		from.let <- struct{}{}
		calls.Wait()
		if from.reads != 2 || len(s.waiting)+len(s.running) != 0 {
			t.Errorf("%d reads, %d and %d kept; want 2 reads and nothing kept", from.reads, len(s.waiting), len(s.running))
		}
	})
}

func TestWhoLeavesTakesNobodysReadAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &slowly{value: 1, let: make(chan struct{})}
		s := newShared(from.read)
		ctx, leave := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { _, err := s.get(t.Context(), "ann"); first <- err }()
		synctest.Wait()
		go func() { _, err := s.get(t.Context(), "ann"); second <- err }() // waits for the turn it is to take
		synctest.Wait()
		go func() { _, err := s.get(ctx, "ann"); first <- err }()
		synctest.Wait()
		leave()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
		close(from.let)
		if err := errors.Join(<-first, <-second); err != nil {
			t.Error(err)
		}
	})
}

func TestAReadThatPanicsFailsAllWhoShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		reads := 0
		s := newShared(func(context.Context, int) (int, error) {
			if reads++; reads == 2 {
				panic("no")
			}
			<-let
			return 1, nil
		})
		failed := make(chan bool, 2)
		go s.get(t.Context(), 1)
		synctest.Wait()
		for range 2 {
			go func() {
				defer func() { failed <- recover() != nil }()
				if _, err := s.get(t.Context(), 1); err != nil {
					panic(err)
				}
			}()
			synctest.Wait()
		}
		close(let)
		if a, b := <-failed, <-failed; !a || !b {
			t.Error("a panic was taken for a value")
		}
		if v, err := s.get(t.Context(), 1); v != 1 || err != nil {
			t.Error(v, err)
		}
	})
}
