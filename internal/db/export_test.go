package db

import (
	"context"
	"time"
)

// Passes moves the monotonic clock by which a node judges leases.
func (n *Node) Passes(d time.Duration) {
	before := n.lease
	n.lease = func() int64 { return before() + d.Milliseconds() }
}

// Renew renews the lease now.
func (n *Node) Renew(ctx context.Context) error { return n.renew(ctx) }

// PerRow is the text that SQLite runs for each row.
func (stmt *RowStatement) PerRow() string { return stmt.perRow }
