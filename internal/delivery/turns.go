package delivery

import "github.com/heliograph-sms/heliograph/internal/modules/message"

// turns is a queue in which accounts take turns: one that has a million messages
// waiting delays the next account's by one message.
type turns struct {
	accounts map[int64]*fifo
	line     []int64 // accounts that have something waiting, the next one first
	count    int
}

type fifo struct{ items []*message.Message }

func (t *turns) push(m *message.Message) {
	if t.accounts == nil {
		t.accounts = map[int64]*fifo{}
	}
	f := t.accounts[m.AccountID]
	if f == nil {
		f = &fifo{}
		t.accounts[m.AccountID] = f
		t.line = append(t.line, m.AccountID)
	}
	f.items = append(f.items, m)
	t.count++
}

// peek is the message whose turn it is, nil when none waits.
func (t *turns) peek() *message.Message {
	if t.count == 0 {
		return nil
	}
	return t.accounts[t.line[0]].items[0]
}

// pop takes the message that peek shows; its account goes to the end of the line.
func (t *turns) pop() *message.Message {
	account := t.line[0]
	t.line = t.line[1:]
	f := t.accounts[account]
	m := f.items[0]
	f.items[0] = nil
	f.items = f.items[1:]
	t.count--
	if len(f.items) == 0 {
		delete(t.accounts, account)
	} else {
		t.line = append(t.line, account)
	}
	return m
}

// waiting is what a dispatcher holds, by class.
type waiting [classes]turns

func (w *waiting) of(m *message.Message) *turns { return &w[class(m)] }

func (w *waiting) len() (n int) {
	for i := range w {
		n += w[i].count
	}
	return n
}

// next is the queue whose turn it is, nil when nothing waits.
func (w *waiting) next() *turns {
	for i := range w {
		if w[i].count > 0 {
			return &w[i]
		}
	}
	return nil
}
