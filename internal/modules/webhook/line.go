package webhook

import (
	"iter"
	"maps"
	"slices"
	"sync"
)

// Bounds of what is under way at once.
const (
	attemptsAtOnce = 1024 // over all receivers
	ofAccount      = 128  // of one account, over all its receivers

	// A receiver begins with some attempts at once, and gets one more for each that
	// succeeds soon, one less (but not fewer than it began with) for each that succeeds
	// late, and half as many for each that fails: who answers late must not have all
	// the places there are.
	receiverBegins = 8
	receiverMost   = 64
	receiverLeast  = 2

	// depth is how many events a receiver may have in memory for each attempt that it
	// may have at once: a dead one has few there, and the rest in the database.
	depth = 16
)

// line says who is posted to next. Accounts take turns, and so do the receivers of an
// account. It is safe for concurrent use.
type line struct {
	mu        sync.Mutex
	receivers map[int64]*receiver // by webhook
	accounts  map[int64]*account
	turn      fifo[*account] // those with a receiver that may be posted to
	active    int            // attempts under way
	held      int            // events in memory, those under way included
	closed    bool
}

type account struct {
	turn   fifo[*receiver] // those that may be posted to
	active int
	inLine bool
}

// receiver is what a webhook's events in memory wait in.
type receiver struct {
	account *account
	waiting fifo[*delivery]
	active  int
	limit   int
	inLine  bool
	spilled bool // rows of nobody may wait in the database: what comes goes there, too
}

// health is what an attempt told about a receiver.
type health int8

const (
	unknown health = iota
	well
	late // it succeeded, but took its time
	failing
)

func newLine() *line {
	return &line{receivers: map[int64]*receiver{}, accounts: map[int64]*account{}}
}

func (l *line) receiver(accountID, webhookID int64) *receiver {
	r := l.receivers[webhookID]
	if r == nil {
		a := l.accounts[accountID]
		if a == nil {
			a = &account{}
			l.accounts[accountID] = a
		}
		r = &receiver{account: a, limit: receiverBegins}
		l.receivers[webhookID] = r
	}
	return r
}

// room is how many more events the receiver may have in memory.
func (r *receiver) room() int { return depth*r.limit - r.active - r.waiting.len() }

// ready tells whether something of the receiver's may be posted.
func (r *receiver) ready() bool { return r.waiting.len() > 0 && r.active < r.limit }

// admit gives those of new events that memory has room for the node's epoch; the
// others, and what follows them, wait in the database.
func (l *line) admit(all []*delivery, epoch int64) (held []*delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	coming := map[*receiver]int{}
	for _, d := range all {
		r := l.receiver(d.AccountID, d.webhookID)
		if r.spilled = r.spilled || l.closed || r.room() <= coming[r]; r.spilled {
			continue
		}
		coming[r]++
		d.epoch = epoch
		held = append(held, d)
	}
	return held
}

// add lines up events that are this node's. Once the line is closed they wait to be left.
func (l *line) add(all []*delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range all {
		r := l.receiver(d.AccountID, d.webhookID)
		r.waiting.push(d)
		l.held++
		l.enter(r)
	}
}

// enter puts a receiver that may be posted to into its account's turn.
func (l *line) enter(r *receiver) {
	if r.ready() && !r.inLine {
		r.inLine = true
		r.account.turn.push(r)
	}
	if a := r.account; a.turn.len() > 0 && a.active < ofAccount && !a.inLine {
		a.inLine = true
		l.turn.push(a)
	}
}

// next takes the event whose turn it is; nil when nothing may be posted now.
func (l *line) next() *delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.active >= attemptsAtOnce || l.turn.len() == 0 {
		return nil
	}
	a := l.turn.pop()
	r := a.turn.pop()
	a.inLine, r.inLine = false, false
	d := r.waiting.pop()
	l.active++
	a.active++
	r.active++
	l.enter(r)
	return d
}

// done ends an attempt. hungry tells whether there is room for many of the receiver's
// events that may wait in the database.
func (l *line) done(d *delivery, as health) (hungry bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.receivers[d.webhookID]
	l.active--
	l.held--
	r.active--
	r.account.active--
	switch as {
	case well:
		r.limit = min(r.limit+1, receiverMost)
	case late:
		r.limit = min(r.limit, max(r.limit-1, receiverBegins))
	case failing:
		r.limit = max(r.limit/2, receiverLeast)
	}
	l.enter(r)
	return r.spilled && r.room() >= depth*r.limit/2
}

// wants is how many of a webhook's rows may be claimed.
func (l *line) wants(accountID, webhookID int64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0
	}
	return l.receiver(accountID, webhookID).room()
}

// tidy ends the detour through the database of all receivers but those of which rows
// still wait there, and forgets those that are gone.
func (l *line) tidy(waiting map[int64]bool, known func(webhookID int64) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, r := range l.receivers {
		r.spilled = r.spilled && waiting[id]
		if r.active == 0 && r.waiting.len() == 0 && !known(id) {
			delete(l.receivers, id)
		}
	}
	used := map[*account]bool{}
	for _, r := range l.receivers {
		used[r.account] = true
	}
	maps.DeleteFunc(l.accounts, func(_ int64, a *account) bool { return !used[a] })
}

// close lets nothing go any more.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// leave gives, in chunks, the events that were not posted and never will be: the line
// is closed.
func (l *line) leave(chunk int) iter.Seq[[]*delivery] {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*delivery
	for _, r := range l.receivers {
		for r.waiting.len() > 0 {
			all = append(all, r.waiting.pop())
		}
	}
	l.held -= len(all)
	return slices.Chunk(all, chunk)
}

// counts are the events in memory, and those of them that are being posted.
func (l *line) counts() (held, active int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held, l.active
}

// fifo is a queue whose memory is used again.
type fifo[T any] struct {
	items []T
	head  int
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

func (f *fifo[T]) push(item T) {
	if len(f.items) == cap(f.items) && f.head > len(f.items)/2 {
		n := copy(f.items, f.items[f.head:])
		clear(f.items[n:])
		f.items, f.head = f.items[:n], 0
	}
	f.items = append(f.items, item)
}

func (f *fifo[T]) pop() T {
	item := f.items[f.head]
	clear(f.items[f.head : f.head+1])
	if f.head++; f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
	}
	return item
}
