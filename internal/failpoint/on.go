//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// trigger is what the environment asks for. The zero value never fires.
type trigger struct {
	point Point
	at    int64
	hits  atomic.Int64
}

// armed makes the process's one trigger the first time it is called.
var armed = sync.OnceValue(func() *trigger {
	t, err := parse(os.Getenv(Env))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", Env, err)
		os.Exit(2)
	}
	return t
})

// parse reads "point:N"; empty is a trigger that never fires.
func parse(text string) (*trigger, error) {
	if text == "" {
		return &trigger{}, nil
	}
	point, count, _ := strings.Cut(text, ":")
	if !slices.Contains(slices.Concat(Points(), CampaignPoints()), Point(point)) {
		return nil, fmt.Errorf("no failpoint is called %q", point)
	}
	at, err := strconv.ParseInt(count, 10, 64)
	if err != nil || at < 1 {
		return nil, fmt.Errorf("%q is no number from 1", count)
	}
	return &trigger{point: Point(point), at: at}, nil
}

// Hit kills the process if it is the time the environment names that it comes to the point.
func Hit(p Point) {
	if t := armed(); t.point == p && t.hits.Add(1) == t.at {
		die(t)
	}
}

// die tells on standard error by what the process died, and does not return.
func die(t *trigger) {
	fmt.Fprintf(os.Stderr, "failpoint %s:%d\n", t.point, t.at)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // the signal is on its way
}
