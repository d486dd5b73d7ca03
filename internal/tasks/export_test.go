package tasks

import "context"

// What tests count with.
const (
	TriesMost = triesMost
	PartBytes = partBytes
	SweepMost = sweepMost
)

// Sweep does one round of sweeping.
func (t *Tasks) Sweep(ctx context.Context) error { return t.sweep(ctx) }
