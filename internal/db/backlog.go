package db

import "slices"

// backlog is what waits for the writer's goroutines, under the writer's lock.
type backlog struct {
	queues [queues][]*job
	rows   [queues]int
	mixed  bool // one goroutine does it all: ops of every kind share its commits
	served int  // batches of answers since the last background chunk
	turn   bool // ops that run one at a time are cut first
	busy   bool // a goroutine has pieces of such an op
}

// The lanes' queues, and that of the answers whose op runs one at a time.
const (
	oneAtATime = int(lanes)
	queues     = oneAtATime + 1
)

func queueOf(lane Lane, j *job) int {
	if lane == Answers && j.op != nil && j.op.runsOneAtATime() {
		return oneAtATime
	}
	return int(lane)
}

// add queues a piece; false when too much waits already.
func (b *backlog) add(lane Lane, j *job) bool {
	q := queueOf(lane, j)
	if b.rows[q] >= backlogRows {
		return false
	}
	b.queues[q] = append(b.queues[q], j)
	b.rows[q] += j.rows
	return true
}

// next removes one batch; none when nothing waits that may be done now. claimed
// tells whether it has pieces of an op that runs one at a time: whoever takes them
// releases the op when they are done.
func (b *backlog) next() (batch []*job, claimed bool) {
	if b.served >= patience {
		b.served = 0
		if batch, _ = b.cut(int(Background), nil, batchRows); len(batch) > 0 {
			return batch, false
		}
	}
	if batch, claimed = b.answers(); len(batch) > 0 {
		b.served++
		return batch, claimed
	}
	batch, _ = b.cut(int(Background), nil, batchRows)
	return batch, false
}

// answers cuts a batch of what somebody waits on, from both queues or from one, each
// in its turn.
func (b *backlog) answers() (batch []*job, claimed bool) {
	b.turn = !b.turn
	order := [...]int{int(Answers), oneAtATime}
	if b.turn {
		slices.Reverse(order[:])
	}
	room := batchRows
	for _, q := range order {
		if q == oneAtATime && b.busy || len(batch) > 0 && (!b.mixed || batch[0].op == nil) {
			continue
		}
		before := len(batch)
		batch, room = b.cut(q, batch, room)
		if q == oneAtATime && len(batch) > before {
			b.busy, claimed = true, true
		}
	}
	return batch, claimed
}

// cut moves pieces from a queue to the batch: as many as there is room for, or a
// single one that runs alone; of the background always a single one.
func (b *backlog) cut(q int, batch []*job, room int) (_ []*job, left int) {
	n := 0
	for _, j := range b.queues[q] {
		single := j.op == nil || q == int(Background)
		if len(batch) > 0 && (single || j.rows > room) {
			break
		}
		n++
		b.rows[q] -= j.rows
		if !j.state.CompareAndSwap(jobWaiting, jobTaken) {
			continue // its caller has gone
		}
		batch, room = append(batch, j), room-j.rows
		if single {
			break
		}
	}
	b.queues[q] = b.queues[q][n:]
	if len(b.queues[q]) == 0 {
		b.queues[q] = nil
	}
	return batch, room
}

// all removes everything.
func (b *backlog) all() (jobs []*job) {
	for q, queue := range b.queues {
		for _, j := range queue {
			if j.state.CompareAndSwap(jobWaiting, jobTaken) {
				jobs = append(jobs, j)
			}
		}
		b.queues[q], b.rows[q] = nil, 0
	}
	return jobs
}
