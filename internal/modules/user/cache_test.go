package user

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
)

func TestCallersWhoMissTogetherShareOneLoad(t *testing.T) {
	var loads atomic.Int32
	release := make(chan struct{})
	c := newCache(10, 10, func(context.Context, int) (string, error) {
		loads.Add(1)
		<-release
		return "found", nil
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v, err := c.get(t.Context(), 1); v != "found" || err != nil {
				t.Error(v, err)
			}
		})
	}
	close(release)
	wg.Wait()
	if _, err := c.get(t.Context(), 1); err != nil || loads.Load() != 1 {
		t.Errorf("%d loads (%v), want 1", loads.Load(), err)
	}
}

func TestALoadThatBeganBeforeAClearIsNotKept(t *testing.T) {
	var c *cache[int, int]
	value := 1
	c = newCache(10, 10, func(context.Context, int) (int, error) {
		read := value
		if read == 1 { // the change is committed and told while the load is under way
			value = 2
			c.outdate()
		}
		return read, nil
	})
	first, _ := c.get(t.Context(), 7)
	second, _ := c.get(t.Context(), 7)
	if first != 1 || second != 2 {
		t.Errorf("%d, then %d; want 1, then 2", first, second)
	}
}

func TestACacheIsBoundedAndStrangersPushNobodyOut(t *testing.T) {
	loads := 0
	c := newCache(4, 3, func(_ context.Context, key int) (int, error) {
		loads++
		if key < 0 {
			return 0, db.ErrNotFound
		}
		return key, nil
	})
	for key := range 4 {
		c.get(t.Context(), key)
	}
	for key := range 100 {
		if _, err := c.get(t.Context(), -1-key); !errors.Is(err, db.ErrNotFound) {
			t.Fatal(err)
		}
	}
	loads = 0
	for key := range 4 {
		c.get(t.Context(), key)
	}
	if loads != 0 || len(c.unknown) != 3 {
		t.Errorf("%d loads, %d unknown remembered; want 0 and 3", loads, len(c.unknown))
	}
	c.get(t.Context(), 99)
	if len(c.values) != 4 {
		t.Errorf("%d values, want 4", len(c.values))
	}
}

func TestAFailedLoadIsTriedAgain(t *testing.T) {
	away := db.ErrUnavailable
	c := newCache(10, 10, func(context.Context, int) (int, error) {
		err := away
		away = nil
		return 5, err
	})
	if _, err := c.get(t.Context(), 1); !errors.Is(err, db.ErrUnavailable) {
		t.Error(err)
	}
	if v, err := c.get(t.Context(), 1); v != 5 || err != nil {
		t.Error(v, err)
	}
}

func TestOneCallerWhoLeavesDoesNotFailTheOthers(t *testing.T) {
	c := newCache(10, 10, func(ctx context.Context, _ int) (int, error) { return 5, ctx.Err() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.get(ctx, 1)
	if c.values[1].value != 5 {
		t.Error("who waited for the same load would have got nothing")
	}
}
