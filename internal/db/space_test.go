package db_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// What a disk that fills up and empties does to a server is tested in cmd.
func TestTheGuardSaysWhenTheDiskIsLow(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		for minimum, low := range map[int64]bool{0: false, 1: false, math.MaxInt64 / 2: d.Engine == "sqlite"} {
			g := db.NewSpaceGuard(d, minimum)
			if err := g.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := g.Err(); errors.Is(err, db.ErrDiskLow) != low {
				t.Errorf("with a minimum of %d: %v", minimum, err)
			}
			if known := g.Free() > 0; known != (d.Engine == "sqlite") {
				t.Errorf("%d bytes are free on %s", g.Free(), d)
			}
			if err := fill(d, int(minimum%1000), 1); err != nil {
				t.Errorf("the guard kept something from being written: %v", err)
			}
			if err := g.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
}
