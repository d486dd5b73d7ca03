package webhook

import "context"

// Bounds that tests outside the package count against.
const (
	TriesMost      = triesMost
	ClaimMost      = claimMost
	ReceiverBegins = receiverBegins
	HeldAtFirst    = depth * receiverBegins // events of a receiver that is not known yet
)

// Counts are the events in memory, and those of them that are being posted.
func (d *Deliverer) Counts() (held, active int) { return d.line.counts() }

// FeedOnce does a round of the loop that claims what is due.
func (d *Deliverer) FeedOnce(ctx context.Context) error { return d.feed(ctx) }

// Closed tells whether Stop has begun.
func (d *Deliverer) Closed() bool {
	d.line.mu.Lock()
	defer d.line.mu.Unlock()
	return d.line.closed
}
