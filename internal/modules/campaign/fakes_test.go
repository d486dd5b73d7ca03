package campaign_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// queue stands for delivery. What it knows of messages that are planned outlives the
// process, as rows would, and changes with the transaction.
type queue struct {
	mu       sync.Mutex
	room     int   // that is left
	fails    error // of Plan
	deaf     bool  // the process dies before it hands messages over
	onRoutes func()

	planned   map[int64]int // how often each message was, in transactions that were committed
	waiting   map[int64]bool
	handed    map[int64]int // to memory
	withdrawn map[int64]bool
	refusals  map[int64]string
}

const endless = 1_000_000

func newQueue() *queue {
	return &queue{room: endless, planned: map[int64]int{}, waiting: map[int64]bool{}, handed: map[int64]int{}, withdrawn: map[int64]bool{}, refusals: map[int64]string{}}
}

var errPlan = errors.New("the transaction fails")

// stopAt has the nth question for a route wait from now on; reached is closed when it
// is asked, and goOn answers it.
func (q *queue) stopAt(n int) (reached <-chan struct{}, goOn func()) {
	at, answer := make(chan struct{}), make(chan struct{})
	var asked atomic.Int64
	q.set(func(q *queue) {
		q.onRoutes = func() {
			if asked.Add(1) == int64(n) {
				close(at)
				<-answer
			}
		}
	})
	return at, sync.OnceFunc(func() { close(answer) })
}

func (q *queue) set(change func(*queue)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change(q)
}

// Routes: no carrier goes to Italy.
func (q *queue) Routes(m *message.Message) bool {
	q.mu.Lock()
	told := q.onRoutes
	q.mu.Unlock()
	if told != nil {
		told()
	}
	return m.Country != "IT"
}

func (q *queue) Room() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.room
}

func (q *queue) Plan(tx *db.Tx, messages []*message.Outgoing) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := make([]int64, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	tx.After(func() {
		q.set(func(q *queue) {
			q.room -= len(ids)
			for _, id := range ids {
				q.planned[id]++
				q.waiting[id] = true
			}
		})
	})
	return q.fails
}

func (q *queue) Committed(m *message.Outgoing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.deaf {
		q.handed[m.ID]++
	}
}

func (q *queue) Dropped(*message.Outgoing) {}

func (q *queue) Withdraw(tx *db.Tx, ids []int64) (withdrawn []int64, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		if q.waiting[id] {
			withdrawn = append(withdrawn, id)
		}
	}
	tx.After(func() {
		q.set(func(q *queue) {
			for _, id := range withdrawn {
				delete(q.waiting, id)
				q.withdrawn[id] = true
			}
		})
	})
	return withdrawn, nil
}

func (q *queue) Refusals(_ *db.Reader, ids []int64) (map[int64]string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	found := map[int64]string{}
	for _, id := range ids {
		if reason, refused := q.refusals[id]; refused {
			found[id] = reason
		}
	}
	return found, nil
}

// take gives the carrier up to n of the messages that wait, lowest id first.
func (q *queue) take(n int) []int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := slices.Sorted(maps.Keys(q.waiting))
	ids = ids[:min(n, len(ids))]
	for _, id := range ids {
		delete(q.waiting, id)
	}
	return ids
}

// plans is how many messages were planned; one that was twice is told.
func (w *world) plans() (n int) {
	w.t.Helper()
	w.queue.set(func(q *queue) {
		for id, times := range q.planned {
			if n++; times != 1 {
				w.t.Errorf("message %d was planned %d times", id, times)
			}
		}
	})
	return n
}

// deliver has the carrier take n of the waiting messages and end each with a status.
func (w *world) deliver(n int, status message.Status) []int64 {
	w.t.Helper()
	ids := w.queue.take(n)
	for chunk := range slices.Chunk(ids, 250) {
		changes := make([]message.Change, len(chunk))
		for i, id := range chunk {
			changes[i] = message.Change{ID: id, Status: status, AtMs: w.db.Now(), StartMs: w.db.Now()}
		}
		w.settle(changes...)
	}
	return ids
}

// contacts stand for the cards and groups of our account.
type contacts struct {
	mu      sync.Mutex
	cards   map[int64]map[string]string // their fields
	groups  map[int64][]int64           // cards, in the order of their ids
	account int64
	onRead  func() error // before each chunk of a group
	onCards func()       // before cards are given
}

func (c *contacts) set(onCards func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onCards = onCards
}

func newContacts() *contacts {
	return &contacts{cards: map[int64]map[string]string{}, groups: map[int64][]int64{}, account: 1}
}

func (c *contacts) Recipients(_ *db.Reader, account int64, ids []int64) (map[int64]contactcard.Recipient, error) {
	c.mu.Lock()
	told := c.onCards
	c.mu.Unlock()
	if told != nil {
		told()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[int64]contactcard.Recipient{}
	for _, id := range ids {
		if fields, known := c.cards[id]; known && account == c.account {
			found[id] = contactcard.Recipient{CardID: id, Fields: fields}
		}
	}
	return found, nil
}

func (c *contacts) InGroup(_ *db.Reader, account, group, after int64, limit int) (all []contactcard.Recipient, err error) {
	if c.onRead != nil {
		if err := c.onRead(); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.groups[group] {
		if id > after && len(all) < limit && account == c.account {
			all = append(all, contactcard.Recipient{CardID: id, Fields: c.cards[id]})
		}
	}
	return all, nil
}

func (c *contacts) Groups(_ *db.Reader, account int64, ids []int64) (all []contactgroup.Group, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if cards, known := c.groups[id]; known && account == c.account {
			all = append(all, contactgroup.Group{ID: id, AccountID: account, Name: "Group", Cards: int64(len(cards))})
		}
	}
	return all, nil
}

// moderator decides as it is told, and remembers what it was asked.
type moderator struct {
	mu        sync.Mutex
	judgement campaign.Judgement
	asked     string // the text that it was shown last
	open      map[int64]bool
}

func (m *moderator) Judge(_ context.Context, _ *api.Account, text string) (campaign.Judgement, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = text
	return m.judgement, nil
}

func (m *moderator) Open(tx *db.Tx, b *campaign.Bulk, _ campaign.Judgement) error {
	tx.After(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.open == nil {
			m.open = map[int64]bool{}
		}
		m.open[b.ID] = true
	})
	return nil
}

func (m *moderator) Withdraw(tx *db.Tx, id int64) error {
	tx.After(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.open, id)
	})
	return nil
}
