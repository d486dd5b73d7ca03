package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// arrivals collects what arrives at the handsets.
type arrivals struct {
	mu    sync.Mutex
	texts map[string]int // how often each text arrived
}

func newArrivals() *arrivals { return &arrivals{texts: map[string]int{}} }

func (a *arrivals) note(m smsc.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.texts[m.Text]++
}

// counts tells how often each text arrived.
func (a *arrivals) counts() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.texts)
}

// doubled counts the arrivals beyond each message's first.
func (a *arrivals) doubled() (n int) {
	for _, times := range a.counts() {
		n += times - 1
	}
	return n
}

// books are what the database says of a site's messages and money once nothing is
// under way any more.
type books struct {
	messages                         map[int64]message.Message // by id, with text and status
	balance, ledger, charged, repaid int64
}

// settle waits until every message is final, and reads the books.
func (s *site) settle() *books {
	s.t.Helper()
	d, err := db.Open(s.t.Context(), s.url, db.Options{Logger: testkit.Logger(s.t)})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	read := func(work func(q *db.Reader) error) error { return d.Read(s.t.Context(), work) }
	testkit.Eventually(s.t, 2*patience, func() error {
		var queued, pending int
		err := read(func(q *db.Reader) error {
			return q.One(`SELECT (SELECT count(*) FROM queue), (SELECT count(*) FROM pending)`, nil, &queued, &pending)
		})
		if err == nil && queued+pending > 0 {
			err = fmt.Errorf("%d messages are queued, %d segments are pending", queued, pending)
		}
		return err
	})
	return s.books(read)
}

// books reads what the database says now.
func (s *site) books(read func(work func(q *db.Reader) error) error) *books {
	s.t.Helper()
	b := &books{messages: map[int64]message.Message{}}
	if err := read(b.money); err != nil {
		s.t.Fatal(err)
	}
	for cursor, more := int64(0), true; more; {
		before := len(b.messages)
		if err := read(func(q *db.Reader) (err error) { cursor, err = b.page(q, cursor); return err }); err != nil {
			s.t.Fatal(err)
		}
		more = len(b.messages) > before
	}
	return b
}

func (b *books) money(q *db.Reader) error {
	return q.One(`SELECT (SELECT balance FROM account WHERE id = 1),
		(SELECT CAST(sum(amount) AS bigint) FROM ledger WHERE account_id = 1),
		(SELECT CAST(coalesce(sum(seg_num * seg_price), 0) AS bigint) FROM message),
		(SELECT CAST(coalesce(sum(repaid), 0) AS bigint) FROM message)`, nil, &b.balance, &b.ledger, &b.charged, &b.repaid)
}

func (b *books) page(q *db.Reader, after int64) (last int64, err error) {
	last = after
	err = q.Query(`SELECT id, text, status FROM message WHERE id > $1 ORDER BY id LIMIT 1000`, func(rows db.Row) error {
		var m message.Message
		err := rows.Scan(&m.ID, &m.Text, &m.Status)
		b.messages[m.ID], last = m, m.ID
		return err
	}, after)
	return last, err
}

// balanced checks that Σ ledger = balance = opening − Σ charged + Σ repaid.
func (b *books) balanced(t *testing.T) {
	t.Helper()
	if want := int64(opening) - b.charged + b.repaid; b.balance != want || b.ledger != want {
		t.Errorf("balance %s, ledger %s, opening − charged + repaid = %s",
			money.Amount(b.balance), money.Amount(b.ledger), money.Amount(want))
	}
}

// nothingLost checks what kept does, and that all that is there, answered or not, was
// delivered: at least once at the handset.
func (b *books) nothingLost(t *testing.T, l *load, a *arrivals) {
	t.Helper()
	b.kept(t, l, a)
	arrived := a.counts()
	for id, m := range b.messages {
		if m.Status != message.Delivered || arrived[m.Text] == 0 {
			t.Errorf("message %d, %q, is %s and arrived %d times", id, m.Text, m.Status, arrived[m.Text])
		}
	}
}

// kept checks that every message the clients were promised is in the database as they
// sent it, and once. Nothing is there that was turned away, and nothing at a handset
// that was never accepted.
func (b *books) kept(t *testing.T, l *load, a *arrivals) {
	t.Helper()
	for id, text := range l.accepted {
		if m, ok := b.messages[id]; !ok || m.Text != text {
			t.Errorf("message %d, %q, was accepted and is kept as %q", id, text, m.Text)
		}
	}
	if len(l.refused) > 0 {
		t.Errorf("answers other than 0 and 999, by code: %v", l.refused)
	}
	texts := map[string]int64{}
	for id, m := range b.messages {
		if other, twice := texts[m.Text]; twice {
			t.Errorf("%q is kept twice, as %d and %d", m.Text, other, id)
		}
		texts[m.Text] = id
	}
	for _, text := range l.away {
		if id, kept := texts[text]; kept {
			t.Errorf("message %d, %q, was turned away and is kept", id, text)
		}
	}
	for text := range a.counts() {
		if texts[text] == 0 {
			t.Errorf("%q arrived and is not kept", text)
		}
	}
}

// told checks that the API says so too.
func (l *load) told(t *testing.T, c caller) {
	t.Helper()
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(l.accepted)), 100) {
		asked := make([]string, len(ids))
		for i, id := range ids {
			asked[i] = strconv.FormatInt(id, 10)
		}
		reports := c.statuses(t, asked...)
		if len(reports) != len(asked) {
			t.Errorf("asked for %d messages, told of %d", len(asked), len(reports))
		}
		for _, r := range reports {
			if r.Status != message.Delivered.String() {
				t.Errorf("message %s: told %s", r.ID, r.Status)
			}
		}
	}
}
