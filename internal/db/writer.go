package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Lane says who goes first at the writer.
type Lane int

const (
	// Answers is for what somebody waits on: accepts, answers and receipts of
	// carriers, changes by a user.
	Answers Lane = iota
	// Background is for chunks of long work; one goes in whenever no answer
	// waits, and after every few batches of answers.
	Background
	lanes
)

const (
	// batchRows bounds the rows that one transaction writes.
	batchRows = 1000
	// backlogRows bounds what may wait in a lane; past it callers get ErrOverloaded.
	backlogRows = 50_000
	// patience is how many batches of answers may go before a background chunk.
	patience = 4
	// yields is how often the writer lets others run before it takes a batch: who
	// is about to hand in a piece does, and shares the commit. Nobody waits when
	// nobody is about to.
	yields = 3
	// contendedRetries is how often a batch that was ended in another's favour is
	// done again.
	contendedRetries = 5
)

// Writer commits what waits, together. Each of its goroutines has a connection of
// its own: one on SQLite, two on PostgreSQL. There is no linger timer: a batch is
// whatever has gathered while the commit before it was synced.
type Writer struct {
	db       *DB
	sessions *sessions
	stats    WriterStats

	mu   sync.Mutex
	wake *sync.Cond
	backlog
	closed  bool
	ending  chan struct{} // closed with closed
	workers sync.WaitGroup
}

// WriterStats counts what the writer did, for metrics.
type WriterStats struct {
	Commits, Rows, Failures atomic.Int64
	CommitNanos             atomic.Int64 // time spent in COMMIT, which is where the disk is
}

// job is one caller's piece of a batch.
type job struct {
	op    batcher // nil: a transaction of its own, run by alone
	alone func(tx *Tx) error
	raw   func(conn *sql.Conn) error // between transactions
	item  any
	rows  int
	state atomic.Int32 // jobWaiting, jobTaken, jobGone
	done  func(error)
}

const (
	jobWaiting int32 = iota
	jobTaken
	jobGone
)

// batcher is an Op whatever its item's type.
type batcher interface {
	rankOf() int
	runsOneAtATime() bool
	apply(tx *Tx, jobs []*job) error
}

func newWriter(d *DB) *Writer {
	n := d.dialect.writers()
	w := &Writer{db: d, sessions: newSessions(d, d.write, n, d.dialect.pipelined()), ending: make(chan struct{}), backlog: backlog{mixed: n == 1}}
	w.wake = sync.NewCond(&w.mu)
	w.workers.Add(n)
	for range n {
		go w.work()
	}
	return w
}

// WriterStats gives the writer's counters.
func (d *DB) WriterStats() *WriterStats { return &d.writer.stats }

// Write runs fn in a transaction of its own and returns after the commit. A
// transaction writes at most about a thousand rows and takes at most about 20 ms;
// longer work is cut into chunks. When ctx ends before fn was begun, nothing is
// written; once begun it runs to its end.
func (d *DB) Write(ctx context.Context, lane Lane, fn func(tx *Tx) error) error {
	return d.writer.wait(ctx, lane, &job{alone: fn, rows: 1})
}

// between runs fn on a writer's connection while no transaction is open on it.
func (w *Writer) between(ctx context.Context, fn func(conn *sql.Conn) error) error {
	return w.wait(ctx, Background, &job{raw: fn, rows: 1})
}

func (w *Writer) wait(ctx context.Context, lane Lane, j *job) error {
	result := make(chan error, 1)
	j.done = func(err error) { result <- err }
	if err := w.enqueue(lane, j); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobWaiting, jobGone) {
			return fmt.Errorf("waiting for the writer: %w", ctx.Err())
		}
		return <-result
	}
}

func (w *Writer) enqueue(lane Lane, j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	if !w.add(lane, j) {
		return ErrOverloaded
	}
	w.wake.Signal()
	return nil
}

// stop refuses new work, finishes what waits, and returns.
func (w *Writer) stop() {
	w.mu.Lock()
	w.closed = true
	close(w.ending)
	w.wake.Broadcast()
	w.mu.Unlock()
	w.workers.Wait()
	w.sessions.close()
}

func (w *Writer) work() {
	defer w.workers.Done()
	for {
		for range yields {
			runtime.Gosched()
		}
		jobs, claimed := w.take()
		if jobs == nil {
			return
		}
		w.run(jobs)
		if claimed {
			w.release()
		}
	}
}

// take waits for work and removes one batch of it; nil means the writer stopped.
func (w *Writer) take() (jobs []*job, claimed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if jobs, claimed := w.next(); len(jobs) > 0 {
			return jobs, claimed
		}
		if w.closed {
			return nil, false
		}
		w.wake.Wait()
	}
}

// release lets another goroutine go on with an op that runs one at a time.
func (w *Writer) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	w.wake.Signal()
}

// run commits jobs and tells each of its outcome. When a batch fails for another
// reason than the database being away, its halves are tried, so that one bad
// piece fails alone.
func (w *Writer) run(jobs []*job) {
	err := w.commit(jobs)
	for again := 0; again < contendedRetries && errors.Is(err, errContended); again++ {
		w.stats.Failures.Add(1)
		err = w.commit(jobs)
	}
	if err != nil && len(jobs) > 1 && !errors.Is(err, ErrUnavailable) {
		w.stats.Failures.Add(1)
		half := len(jobs) / 2
		w.run(jobs[:half])
		w.run(jobs[half:])
		return
	}
	if err != nil {
		w.stats.Failures.Add(1)
	}
	for _, j := range jobs {
		j.done(err)
	}
}

// commit does the jobs in one transaction. When it returns an error, nothing of
// them was kept.
func (w *Writer) commit(jobs []*job) error {
	tx := &Tx{now: w.db.Now()}
	id, err := w.transact(tx, jobs)
	if err != nil && id != "" && errors.Is(err, ErrUnavailable) {
		kept, unknown := w.outcome(id, err)
		if unknown != nil {
			return errors.Join(err, unknown)
		}
		if kept {
			err = nil
		}
	}
	if err == nil {
		w.committed(tx, jobs)
	}
	return err
}

// transact gives the name of the transaction along with the error of its COMMIT.
func (w *Writer) transact(tx *Tx, jobs []*job) (id string, err error) {
	ctx := context.Background() // a batch is many callers': none of them can end it
	ses, err := w.sessions.take(ctx)
	if err != nil {
		return "", w.db.dialect.wrap(err)
	}
	defer func() {
		err = w.db.dialect.wrap(err)
		w.sessions.give(ses, err)
	}()
	if jobs[0].raw != nil {
		return "", jobs[0].raw(ses.conn)
	}
	if err := ses.begin(ctx); err != nil {
		return "", err
	}
	tx.querier = querier{ctx, ses}
	if err := apply(tx, jobs); err != nil {
		return "", errors.Join(err, ses.rollback(ctx))
	}
	begun := time.Now()
	if id, err = ses.commit(ctx); err != nil {
		_ = ses.rollback(ctx) // the engine may have ended it already, which is no further error
		return id, err
	}
	w.stats.CommitNanos.Add(int64(time.Since(begun)))
	return id, nil
}

// committed does what was to be done after the commit.
func (w *Writer) committed(tx *Tx, jobs []*job) {
	for _, f := range tx.then {
		f()
	}
	w.stats.Commits.Add(1)
	for _, j := range jobs {
		w.stats.Rows.Add(int64(j.rows))
	}
}

// apply runs the batch's pieces inside the open transaction: those of each owner
// together, owners in the order in which locks are taken.
func apply(tx *Tx, jobs []*job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a batch panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if jobs[0].alone != nil {
		return jobs[0].alone(tx)
	}
	for _, group := range byOwner(jobs) {
		if err := group[0].op.apply(tx, group); err != nil {
			return err
		}
	}
	return nil
}

// byOwner sorts jobs into groups of one op each, by rank, each in order of arrival.
func byOwner(jobs []*job) [][]*job {
	var groups [][]*job
next:
	for _, j := range jobs {
		at := len(groups)
		for i, group := range groups {
			if group[0].op == j.op {
				groups[i] = append(group, j)
				continue next
			}
			if at == len(groups) && group[0].op.rankOf() > j.op.rankOf() {
				at = i
			}
		}
		groups = append(groups, nil)
		copy(groups[at+1:], groups[at:])
		groups[at] = []*job{j}
	}
	return groups
}
