package db

import (
	"context"
	"fmt"
)

// Op is one owner's way of writing many of its items in one open transaction:
// the pieces of which group commit makes its batches.
type Op[T any] struct {
	db   *DB
	name string
	rank int
	one  bool
	fn   func(tx *Tx, items []T) error
}

// NewOp makes an op. Ops of a lower rank are applied first in a batch, which
// keeps the order of locks. fn writes all its items or returns an error, and then
// nothing of the batch is kept. It may be called again with a part of the same
// items, so what it notes on them it must set anew at each call. An item that
// cannot be done for a reason of its own (too little money) is no error of fn:
// fn leaves it out and notes that on the item.
func NewOp[T any](d *DB, name string, rank int, fn func(tx *Tx, items []T) error) *Op[T] {
	return &Op[T]{db: d, name: name, rank: rank, fn: fn}
}

// OneAtATime keeps the op's pieces in one transaction at a time. That suits an op
// whose transactions would wait for each other's locks anyway: what waits gathers in
// one batch, and the writer's other goroutine is free for other ops meanwhile.
func (o *Op[T]) OneAtATime() *Op[T] {
	o.one = true
	return o
}

func (o *Op[T]) runsOneAtATime() bool { return o.one }

// Do writes item and returns after the commit. rows is how many rows it writes,
// about. When ctx ends while the item still waits, it is not written.
func (o *Op[T]) Do(ctx context.Context, item T, rows int) error {
	return o.db.writer.wait(ctx, Answers, &job{op: o, item: item, rows: rows})
}

// Go writes item without waiting; done is called once, on the writer's
// goroutine, after the commit or with the reason why nothing was written. It
// must not block. When Go itself returns an error, done is never called.
func (o *Op[T]) Go(lane Lane, item T, rows int, done func(error)) error {
	return o.db.writer.enqueue(lane, &job{op: o, item: item, rows: rows, done: done})
}

func (o *Op[T]) rankOf() int { return o.rank }

func (o *Op[T]) apply(tx *Tx, jobs []*job) error {
	items := make([]T, len(jobs))
	for i, j := range jobs {
		items[i] = j.item.(T)
	}
	if err := o.fn(tx, items); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	return nil
}
