package db

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

const (
	// blockIDs is how many ids a node reserves at once; those it did not use when
	// it ends are never given out.
	blockIDs = 10_000
	// blockLow is when the next block is fetched in the background.
	blockLow = blockIDs / 2
)

// idBlocks hands out ids from blocks reserved ahead in the database: unique over
// all nodes, growing on one node, in no order between nodes.
type idBlocks struct {
	mu     sync.Mutex
	series map[string]*idSeries
}

type idSeries struct {
	partitions atomic.Bool // the series numbers the rows of a partitioned table

	mu        sync.Mutex
	next, end int64 // what is left of the present block

	// Set by the writer, which must never wait for mu: who holds mu may be
	// waiting for the writer.
	spare     atomic.Int64 // start of a block reserved ahead; 0 = none
	refilling atomic.Bool
}

// Partitioned says that ids of the named series are keys of the table of the same
// name, which is partitioned by id. Reserving a block then makes room for it.
func (d *DB) Partitioned(name string) { d.ids.get(name).partitions.Store(true) }

func (b *idBlocks) get(name string) *idSeries {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.series == nil {
		b.series = map[string]*idSeries{}
	}
	s := b.series[name]
	if s == nil {
		s = &idSeries{}
		b.series[name] = s
	}
	return s
}

// NextID gives the next id of a series. Nearly always it comes from memory; it
// must not be called inside a transaction.
func (d *DB) NextID(ctx context.Context, name string) (int64, error) {
	s := d.ids.get(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == s.end {
		if err := d.nextBlock(ctx, name, s); err != nil {
			return 0, fmt.Errorf("reserve ids of %s: %w", name, err)
		}
	}
	id := s.next
	s.next++
	if s.end-s.next < blockLow && s.spare.Load() == 0 && s.refilling.CompareAndSwap(false, true) {
		d.refill(name, s)
	}
	return id, nil
}

func (d *DB) nextBlock(ctx context.Context, name string, s *idSeries) error {
	if start := s.spare.Swap(0); start != 0 {
		s.next, s.end = start, start+blockIDs
		return nil
	}
	return d.Write(ctx, Answers, func(tx *Tx) error {
		start, err := reserve(tx, name, s.partitions.Load())
		if err == nil {
			s.next, s.end = start, start+blockIDs
		}
		return err
	})
}

// refill fetches the next block while the present one is still in use.
func (d *DB) refill(name string, s *idSeries) {
	var start int64
	err := d.writer.enqueue(Answers, &job{
		rows: 1,
		alone: func(tx *Tx) (err error) {
			start, err = reserve(tx, name, s.partitions.Load())
			return err
		},
		done: func(err error) {
			if err == nil {
				s.spare.Store(start)
			}
			s.refilling.Store(false)
		},
	})
	if err != nil {
		s.refilling.Store(false)
	}
}

// reserve takes a block of a series in the open transaction. Ids begin at 1.
func reserve(tx *Tx, name string, partitions bool) (start int64, err error) {
	err = tx.One(`INSERT INTO id_block (name, next_id) VALUES ($1, 1 + CAST($2 AS bigint))
		ON CONFLICT (name) DO UPDATE SET next_id = id_block.next_id + CAST($2 AS bigint)
		RETURNING next_id`, []any{name, int64(blockIDs)}, &start)
	if err != nil {
		return 0, err
	}
	if partitions {
		if err := tx.ses.db.dialect.extend(tx, name, start); err != nil {
			return 0, err
		}
	}
	return start - blockIDs, nil
}
