package campaign

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// What tests count with.
const (
	AddChunk     = addChunk
	ReleaseChunk = releaseChunk
	FoldChunk    = foldChunk
)

// ReleaseOnce does a round of the loop that releases campaigns.
func ReleaseOnce(ctx context.Context, m *Module) error { return m.releaseDue(ctx) }

// CountOnce does a round of the loop that adds steps to counters.
func CountOnce(ctx context.Context, m *Module) error { return m.fold(ctx) }

// Step is a step of a campaign with a rate, that is due; it gives how many messages go.
func Step(b *Bulk, now int64) int {
	n := b.step(now, ReleaseChunk)
	b.DueMs = b.nextDue(now)
	return n
}

// CountSome is one transaction of a round of counting.
func CountSome(tx *db.Tx, epoch int64) error {
	_, err := foldSome(tx, epoch)
	return err
}
