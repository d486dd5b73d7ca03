package db

import "time"

// Passes moves the monotonic clock by which a node judges leases.
func (n *Node) Passes(d time.Duration) {
	before := n.lease
	n.lease = func() int64 { return before() + d.Milliseconds() }
}

// PerRow is the text that SQLite runs for each row.
func (stmt *RowStatement) PerRow() string { return stmt.perRow }
