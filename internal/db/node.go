package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
)

const (
	// leaseTerm is how long a node may go without renewing its lease before others
	// take what it had claimed.
	leaseTerm  = 10 * time.Second
	leaseRenew = 2 * time.Second
	// leaseSilence is how long a node whose lease is over must have been seen not to
	// renew it.
	leaseSilence = leaseRenew + time.Second
)

// Node is this process among those that share the database. Each life of a
// process has an epoch of its own, never used again: what a claim on a row names.
// Liveness is one leased row per node. A node is a run.Service.
type Node struct {
	db    *DB
	name  string
	loop  *run.Loop
	epoch atomic.Int64
	until atomic.Int64 // the lease's end, Unix ms of the process's own clock
	nodes atomic.Int64 // what Nodes tells
	lease clock
	lost  chan struct{}

	seen   map[int64]sighting // other nodes, by epoch
	looked int64              // when Bury was called last, by lease
}

// ErrGivenUp: another node has taken over what this one held. An epoch does not come
// back to life; the process has to start anew.
var ErrGivenUp = errors.New("this node was given up for dead by another")

// clock reads a monotonic source, so that a jump of the wall clock neither ends
// nor lengthens a lease in the eyes of its holder.
type clock func() int64

// NewNode makes a node; name is for people (the host's name).
func NewNode(d *DB, name string, log *slog.Logger) *Node {
	begun := time.Now()
	n := &Node{db: d, name: name, lost: make(chan struct{}), seen: map[int64]sighting{}, lease: func() int64 { return time.Since(begun).Milliseconds() }}
	n.loop = run.NewLoop("lease", leaseRenew, log, n.renew)
	return n
}

// Start takes a new epoch with a lease and keeps it renewed.
func (n *Node) Start(ctx context.Context) error {
	err := n.db.Write(ctx, Answers, func(tx *Tx) error {
		var epoch int64
		err := tx.One(`INSERT INTO node (epoch, name, started_ms, lease_until_ms)
			SELECT coalesce(max(epoch), 0) + 1, $1, $2, $3 FROM node RETURNING epoch`,
			[]any{n.name, tx.Now(), tx.Now() + leaseTerm.Milliseconds()}, &epoch)
		if err != nil {
			return err
		}
		if n.db.unlock != nil { // alone on the file: whoever came before is dead
			if _, err := tx.Exec(`UPDATE node SET lease_until_ms = 0 WHERE epoch < $1 AND lease_until_ms > 0`, epoch); err != nil {
				return err
			}
		}
		n.epoch.Store(epoch)
		return n.count(tx)
	})
	if err != nil {
		return fmt.Errorf("join the cell: %w", err)
	}
	n.until.Store(n.lease() + leaseTerm.Milliseconds())
	return n.loop.Start(ctx)
}

// Stop gives the lease up, so that others need not wait for its end.
func (n *Node) Stop(ctx context.Context) error {
	stopped := n.loop.Stop(ctx)
	n.until.Store(0)
	return errors.Join(stopped, n.db.Write(ctx, Answers, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE node SET lease_until_ms = 0 WHERE epoch = $1`, n.epoch.Load())
		return err
	}))
}

// Epoch is the number of this life of the process, from 1.
func (n *Node) Epoch() int64 { return n.epoch.Load() }

// Alive tells whether the lease is held for certain: before each write to a
// carrier a node asks, and keeps silent when it may have been given up for dead.
func (n *Node) Alive() bool { return n.lease() < n.until.Load()-leaseRenew.Milliseconds() }

// Nodes is how many nodes share the database, with this one: those that have not left and
// that nobody gave up for dead. Who joins or leaves is seen at the next renewal, who dies
// once it is buried.
func (n *Node) Nodes() int { return max(1, int(n.nodes.Load())) }

// count is what Nodes tells from now on. It asks for no lease's end: clocks differ.
func (n *Node) count(tx *Tx) error {
	var nodes int64
	err := tx.One(`SELECT count(*) FROM node WHERE lease_until_ms > 0`, nil, &nodes)
	if err == nil {
		n.nodes.Store(nodes)
	}
	return err
}

// Lost is closed once the node was given up for dead: ErrGivenUp.
func (n *Node) Lost() <-chan struct{} { return n.lost }

// renew prolongs the lease. The new term counts from before the write.
func (n *Node) renew(ctx context.Context) error {
	select {
	case <-n.lost:
		return nil
	default:
	}
	asked := n.lease()
	var held int64
	err := n.db.Write(ctx, Answers, func(tx *Tx) (err error) {
		held, err = tx.Exec(`UPDATE node SET lease_until_ms = $1 WHERE epoch = $2 AND lease_until_ms > 0`,
			tx.Now()+leaseTerm.Milliseconds(), n.Epoch())
		return errors.Join(err, n.count(tx))
	})
	switch {
	case err != nil:
		return err
	case held == 0:
		n.until.Store(0)
		close(n.lost)
		return fmt.Errorf("epoch %d: %w", n.Epoch(), ErrGivenUp)
	}
	n.until.Store(asked + leaseTerm.Milliseconds())
	return nil
}

// LiveNodes are the names of the nodes whose lease runs, by epoch.
func (r *Reader) LiveNodes(now int64) (map[int64]string, error) {
	alive := map[int64]string{}
	err := r.Query(`SELECT epoch, name FROM node WHERE lease_until_ms >= $1`, func(rows Row) error {
		var epoch int64
		var name string
		err := rows.Scan(&epoch, &name)
		alive[epoch] = name
		return err
	}, now)
	return alive, err
}

// sighting is what another node's lease looked like, and since when.
type sighting struct{ until, since int64 }

// Bury marks as dead the nodes that have stopped renewing their lease and returns all
// epochs that are dead and not yet forgotten; what they had claimed may then be taken.
// It is called every second or so, by one goroutine: a node is judged by what is seen
// of it between two calls, since the clocks of two machines need not agree.
func (n *Node) Bury(ctx context.Context) (dead []int64, err error) {
	leases := map[int64]int64{}
	err = n.db.Read(ctx, func(q *Reader) error {
		return q.Query(`SELECT epoch, lease_until_ms FROM node WHERE epoch <> $1`, func(rows Row) error {
			var epoch, until int64
			err := rows.Scan(&epoch, &until)
			leases[epoch] = until
			return err
		}, n.Epoch())
	})
	if err != nil {
		return nil, err
	}
	n.forgetSightings(leases)
	for _, epoch := range slices.Sorted(maps.Keys(leases)) {
		gone, err := n.gone(ctx, epoch, leases[epoch])
		if err != nil {
			return nil, err
		}
		if gone {
			dead = append(dead, epoch)
		}
	}
	return dead, nil
}

// forgetSightings begins anew where this node has not looked for a while: the
// database may have been away, and the others had no chance to renew.
func (n *Node) forgetSightings(leases map[int64]int64) {
	now := n.lease()
	if now-n.looked > leaseSilence.Milliseconds() {
		clear(n.seen)
	}
	n.looked = now
	maps.DeleteFunc(n.seen, func(epoch int64, _ sighting) bool { _, there := leases[epoch]; return !there })
}

// gone tells whether a node is dead, and marks it where that is news.
func (n *Node) gone(ctx context.Context, epoch, until int64) (bool, error) {
	if until == 0 {
		return true, nil
	}
	s, known := n.seen[epoch]
	if !known || s.until != until {
		n.seen[epoch] = sighting{until, n.lease()}
		return false, nil
	}
	silent := time.Duration(n.lease()-s.since) * time.Millisecond
	if silent < leaseSilence || silent < leaseTerm && until >= n.db.Now() {
		return false, nil
	}
	var marked int64
	err := n.db.Write(ctx, Answers, func(tx *Tx) (err error) {
		marked, err = tx.Exec(`UPDATE node SET lease_until_ms = 0 WHERE epoch = $1 AND lease_until_ms = $2`, epoch, until)
		return err
	})
	return marked > 0, err
}

// Forget removes a dead epoch that has nothing claimed any more.
func (n *Node) Forget(ctx context.Context, epoch int64) error {
	return n.db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM node WHERE epoch = $1 AND lease_until_ms = 0 AND epoch < (SELECT max(epoch) FROM node)`, epoch)
		return err
	})
}
