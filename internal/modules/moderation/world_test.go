package moderation_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const patience = 20 * time.Second

// world is the module on a database, with a carrier that notes what it is given.
type world struct {
	t       *testing.T
	url     string
	clock   *testkit.Clock
	db      *db.DB
	watcher *db.Watcher
	*moderation.Module
	carrier *carrier
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock, carried := testkit.NewClock(), &carrier{over: map[int64][]bool{}, failing: map[int64]bool{}}
		test(t, newWorld(t, url, clock, carried))
	})
}

func newWorld(t *testing.T, url string, clock *testkit.Clock, c *carrier) *world {
	w := &world{t: t, url: url, clock: clock, db: testkit.Open(t, url, clock), carrier: c}
	w.watcher = db.NewWatcher(w.db)
	w.Module = moderation.New(w.db, w.watcher, testkit.Logger(t))
	return w
}

// node is another process on the same database.
func (w *world) node() *world { return newWorld(w.t, w.url, w.clock, w.carrier) }

func (w *world) clerk() *moderation.Clerk {
	return moderation.NewClerk(w.db, w.watcher, w.carrier, testkit.Logger(w.t))
}

func (w *world) start(s interface {
	Start(context.Context) error
	Stop(context.Context) error
}) {
	w.t.Helper()
	w.ok(s.Start(w.t.Context()))
	w.t.Cleanup(func() { w.ok(s.Stop(context.Background())) })
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) judge(account int64, setting api.Moderation, text string) moderation.Verdict {
	w.t.Helper()
	v, err := w.Judge(w.t.Context(), &api.Account{ID: account, Moderation: setting}, text)
	w.ok(err)
	return v
}

// open opens the case of an account's single message.
func (w *world) open(id, account int64, text string) {
	w.t.Helper()
	w.ask(moderation.Case{CampaignID: id, AccountID: account, Single: true, Sender: "ACME", Text: text, Recipients: 1, Reasons: []string{"link", "first"}})
}

func (w *world) ask(c moderation.Case) {
	w.t.Helper()
	w.write(func(tx *db.Tx) error { return w.Open(tx, c) })
}

func (w *world) write(fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, fn))
}

// approve has a text of an account approved, as the case of that id.
func (w *world) approve(id, account int64, text string) {
	w.t.Helper()
	w.open(id, account, text)
	w.ok(w.Approve(w.t.Context(), id))
}

// carrier stands for messages and campaigns. What its errands write is the version of a
// name: how often a case was carried out, and how.
type carrier struct {
	mu      sync.Mutex
	over    map[int64][]bool // by case, what its errands heard
	failing map[int64]bool   // cases whose errand fails once
	ready   func(id int64)   // called before an errand is made; nil = nobody
}

var errFailing = errors.New("the errand failed")

func (c *carrier) Errand(_ context.Context, e moderation.Ended) (moderation.Errand, error) {
	if c.ready != nil {
		c.ready(e.CampaignID)
	}
	return &errand{c, e}, nil
}

type errand struct {
	carrier *carrier
	of      moderation.Ended
}

// trace is how an errand is found in the database.
func trace(e moderation.Ended) string {
	return fmt.Sprintf("carried %d %v %s %s", e.CampaignID, e.Single, e.Standing, e.Comment)
}

func (e *errand) Write(tx *db.Tx) error {
	if err := tx.Touch(trace(e.of)); err != nil {
		return err
	}
	e.carrier.mu.Lock()
	defer e.carrier.mu.Unlock()
	if e.carrier.failing[e.of.CampaignID] {
		delete(e.carrier.failing, e.of.CampaignID)
		return errFailing
	}
	return nil
}

func (e *errand) Over(committed bool) {
	e.carrier.mu.Lock()
	defer e.carrier.mu.Unlock()
	e.carrier.over[e.of.CampaignID] = append(e.carrier.over[e.of.CampaignID], committed)
}

// heard is how often an errand of a case heard that it was committed, or not.
func (c *carrier) heard(id int64, committed bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.over[id] {
		if o == committed {
			n++
		}
	}
	return n
}

// carried is how often each case was carried out, as the database knows it.
func (w *world) carried() map[string]int {
	w.t.Helper()
	found := map[string]int{}
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.Query("SELECT name, version FROM version WHERE name LIKE 'carried %'", func(row db.Row) error {
			var name string
			var n int
			err := row.Scan(&name, &n)
			found[name] = n
			return err
		})
	}))
	return found
}

// once waits until exactly these were carried out, once each.
func (w *world) once(all ...moderation.Ended) {
	w.t.Helper()
	want := map[string]int{}
	for _, e := range all {
		want[trace(e)] = 1
	}
	testkit.Eventually(w.t, patience, func() error {
		if got := w.carried(); !maps.Equal(got, want) {
			return fmt.Errorf("carried out %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		return nil
	})
}
