package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

// ErrDiskLow: the disk of the database is nearly full. It goes on being written to,
// so that what is under way can end; new work had better wait.
var ErrDiskLow = errors.New("the disk of the database is nearly full")

// lookAtSpace is how often the guard measures.
const lookAtSpace = time.Second

// SpaceGuard watches the free space of the disk that holds an SQLite file, and says
// when it is too little for new work. What is free then is for the rest: answers and
// receipts of messages that were accepted, checkpoints of the log. PostgreSQL's disk
// is not ours to see; there the guard never says anything. It is a run.Service.
type SpaceGuard struct {
	db      *DB
	minimum int64
	loop    *run.Loop
	free    atomic.Int64
	low     atomic.Bool
}

// NewSpaceGuard makes the guard of a database. minimum is in bytes; 0 switches the
// guard off, but for the measuring.
func NewSpaceGuard(d *DB, minimum int64) *SpaceGuard {
	g := &SpaceGuard{db: d, minimum: minimum}
	g.loop = run.NewLoop("space", lookAtSpace, d.log, g.look)
	return g
}

// Start measures once, and from then on.
func (g *SpaceGuard) Start(ctx context.Context) error {
	if _, ours := g.db.dialect.(*sqlite); !ours {
		return nil
	}
	if err := g.look(ctx); err != nil {
		return err
	}
	return g.loop.Start(ctx)
}

// Stop ends it.
func (g *SpaceGuard) Stop(ctx context.Context) error { return g.loop.Stop(ctx) }

// Wake has it measure now: a write failed, perhaps for want of space.
func (g *SpaceGuard) Wake() { g.loop.Wake() }

// Err is nil while there is room for new work, or says that there is not.
func (g *SpaceGuard) Err() error {
	if !g.low.Load() {
		return nil
	}
	return fmt.Errorf("%w: %d MiB are free, %d MiB are to stay so", ErrDiskLow, g.free.Load()>>20, g.minimum>>20)
}

// Free is what was free when last measured, in bytes.
func (g *SpaceGuard) Free() int64 { return g.free.Load() }

// look measures. To be no longer low takes an eighth more than to be low, so that a
// server at the brink does not change its mind every second.
func (g *SpaceGuard) look(context.Context) error {
	free, err := freeSpace(g.db.dialect.(*sqlite).path)
	if err != nil {
		return err
	}
	g.free.Store(free)
	was, enough := g.low.Load(), g.minimum
	if was {
		enough += g.minimum / 8
	}
	low := free < enough
	if low != was {
		g.low.Store(low)
		g.db.log.Warn("space on the disk of the database", "low", low, "free", gibibytes(free), "min_free", gibibytes(g.minimum))
	}
	return nil
}

// gibibytes is a number of bytes for people.
func gibibytes(n int64) string { return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30)) }

// freeSpace is how many bytes an ordinary user may still write beside the file.
func freeSpace(file string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(file), &fs); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", filepath.Dir(file), err)
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}

// hasRoom refuses to write size bytes beside the file when less than keepFree would
// be left.
func hasRoom(file string, size, keepFree int64) error {
	free, err := freeSpace(file)
	if err == nil && free-size < keepFree {
		err = fmt.Errorf("%w: the copy takes %d MiB, of %d MiB that are free %d MiB are to stay so", ErrDiskLow, size>>20, free>>20, keepFree>>20)
	}
	return err
}
