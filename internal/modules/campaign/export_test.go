package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// What tests count with.
const (
	AddChunk     = addChunk
	ReleaseChunk = releaseChunk
	FoldChunk    = foldChunk
	RowsMost     = rowsMost
)

// Parts splits recipients, each with so many links of its own, with tracking or without,
// as transactions do; it gives the links of each part's recipients.
func Parts(links []int, track bool) (parts [][]int) {
	s := &shortener{campaign: &Bulk{TrackLinks: flag(track)}, known: map[string]*campaignLink{}}
	all := make([]*recipient, len(links))
	for i, n := range links {
		r := &recipient{msg: &message.Message{}, shortened: &message.Shortened{}}
		for k := range n {
			target := fmt.Sprint(i, k)
			r.shortened.Targets, s.known[target] = append(r.shortened.Targets, target), &campaignLink{}
		}
		all[i] = r
	}
	for part := range (&adder{links: s}).parts(all) {
		var n []int
		for _, r := range part {
			n = append(n, len(r.shortened.Targets))
		}
		parts = append(parts, n)
	}
	return parts
}

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

// RemovedAtOnce is how many messages, each with so many codes, one transaction removes.
func RemovedAtOnce(codes []int) int {
	all, of := make([]*message.Message, len(codes)), map[int64]int{}
	for i, n := range codes {
		all[i] = &message.Message{ID: int64(i)}
		of[int64(i)] = n
	}
	return len(removedAtOnce(all, of))
}
