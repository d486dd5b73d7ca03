package message_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// world is the module with everything real around it but delivery: the door, the
// other modules, a database.
type world struct {
	t          *testing.T
	url        string
	clock      *testkit.Clock
	db         *db.DB
	users      *user.Module
	messages   *message.Module
	links      *link.Module
	moderation *moderation.Module
	queue      *queue
	door       *api.Door
	bulks      map[int64][]*campaign.Bulk // by account; see bulk

	// assemble makes another node of the cell: its own message module and door.
	assemble func(message.FillerConfig) (*message.Module, *api.Door)
}

// segmentPrice is what one segment to Kazakhstan costs; Russia costs nothing.
const segmentPrice money.Amount = 16_2000

// linkBase is what short links begin with.
const linkBase = "https://s.example"

// onBoth builds a world on each engine, with the sender Heliograph for all
// accounts and prices in KZT for Kazakhstan, Russia, Italy (where no carrier goes)
// and the United States (where a segment costs all the money there can be).
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url, true)) })
}

func newWorld(t *testing.T, url string, sharedSender bool) *world {
	t.Helper()
	w := &world{t: t, url: url, clock: testkit.NewClock(), queue: newQueue(), bulks: map[int64][]*campaign.Bulk{}}
	w.db = testkit.Open(t, url, w.clock)
	watcher := db.NewWatcher(w.db)
	w.users = user.New(w.db, watcher, slog.New(slog.DiscardHandler))
	alphanames := alphaname.New(w.db, watcher, slog.New(slog.DiscardHandler))
	prices := price.New(w.db, watcher, slog.New(slog.DiscardHandler))
	if sharedSender {
		_, err := alphanames.Add(t.Context(), alphaname.Shared, "Heliograph", true)
		w.ok(err)
	}
	_, err := prices.ImportCSV(t.Context(), strings.NewReader("KZ,,16.2000,KZT\nRU,,0,KZT\nIT,,1,KZT\nUS,,922337203685477.5807,KZT\n"))
	w.ok(err)
	w.moderation = moderation.New(w.db, watcher, slog.New(slog.DiscardHandler))
	w.start(alphanames)
	w.start(prices)
	operators, err := phone.DefaultOperators()
	w.ok(err)
	w.links = link.New(link.Config{DB: w.db, Watcher: watcher, Users: w.users, Base: linkBase, Listen: "127.0.0.1:8080", Logger: testkit.Logger(t)})
	answers := once.New(w.db, testkit.Logger(t))
	w.assemble = func(filling message.FillerConfig) (*message.Module, *api.Door) {
		messages := message.New(message.Config{
			DB: w.db, Links: w.links, Users: w.users, Alphanames: alphanames, Prices: prices, Moderation: w.moderation, Book: phone.NewBook(operators),
			Queue: w.queue, Repeats: answers, MaxSegments: 10, Filling: filling, Logger: testkit.Logger(t),
		})
		node := db.NewNode(w.db, "test", testkit.Logger(t))
		campaigns := campaign.New(campaign.Config{
			DB: w.db, Node: node, Watcher: watcher, Messages: messages, Links: w.links, Groups: noGroups{}, Logger: testkit.Logger(t),
			Tasks: tasks.New(tasks.Config{DB: w.db, Node: node, Logger: testkit.Logger(t)}),
		})
		messages.Campaigns = campaigns
		door, err := api.New(api.Config{
			Modules: []api.Module{messages.Methods(), campaigns.Methods()},
			Auth:    w.users, Clock: w.clock.Now, Repeats: answers, Undeclared: testkit.Fails(t), CellPrefix: "kz", Logger: testkit.Logger(t), TempDir: t.TempDir(),
		})
		w.ok(err)
		return messages, door
	}
	w.messages, w.door = w.assemble(message.FillerConfig{})
	return w
}

func (w *world) start(s interface {
	Start(context.Context) error
	Stop(context.Context) error
}) {
	w.t.Helper()
	w.ok(s.Start(w.t.Context()))
	w.t.Cleanup(func() { _ = s.Stop(context.Background()) })
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// account is an account with its key.
type account struct {
	id  int64
	key string
}

func (w *world) account(change func(*user.NewAccount)) account {
	w.t.Helper()
	n := user.NewAccount{Name: "Demo", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en", Balance: 1000_0000}
	if change != nil {
		change(&n)
	}
	id, key, err := w.users.CreateAccount(w.t.Context(), n)
	w.ok(err)
	return account{id, key}
}

// caller calls methods over HTTP.
func (w *world) caller() testkit.Caller { return testkit.Caller{T: w.t, Door: w.door} }

// call posts a form, written as a query, to a method: "message/list".
func (w *world) call(a account, method, form string) testkit.Reply {
	w.t.Helper()
	return w.caller().Call(a.key, method, form)
}

// get calls a method that must answer with a code, and decodes its data into to.
func (w *world) get(a account, method, form string, code api.Code, to any) {
	w.t.Helper()
	w.caller().Get(a.key, method, form, code, to)
}

// send sends a message and returns its id.
func (w *world) send(a account, recipient, text string) string {
	w.t.Helper()
	var result struct{ MessageID string }
	form := url.Values{"recipient": {recipient}, "text": {text}}
	w.get(a, "message/sendSmsMessage", form.Encode(), api.CodeOK, &result)
	return result.MessageID
}

// traces is all that sending leaves in the database.
type traces struct{ messages, ledger, balances int64 }

func (w *world) traces() (found traces) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.One(`SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM ledger),
			(SELECT CAST(sum(balance) AS bigint) FROM account)`, nil, &found.messages, &found.ledger, &found.balances)
	}))
	return found
}

func (w *world) balance(a account) money.Amount {
	w.t.Helper()
	o, err := w.users.Show(w.t.Context(), a.id)
	w.ok(err)
	return o.Balance
}

// ledgerHolds checks that every balance is the sum of its ledger.
func (w *world) ledgerHolds() {
	w.t.Helper()
	wrong, err := w.users.Audit(w.t.Context())
	w.ok(err)
	for _, d := range wrong {
		w.t.Error(d)
	}
}

// stored reads one message of the table.
func (w *world) stored(id int64) (status message.Status, repaid money.Amount, startMs sql.NullInt64) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.One("SELECT status, repaid, start_send_ms FROM message WHERE id = $1", []any{id}, &status, &repaid, &startMs)
	}))
	return status, repaid, startMs
}

// queue records what it is told in place of delivery.
type queue struct {
	mu                          sync.Mutex
	planned, committed, dropped map[int64]bool
	onCommitted                 func(id int64)
}

func newQueue() *queue {
	return &queue{planned: map[int64]bool{}, committed: map[int64]bool{}, dropped: map[int64]bool{}}
}

// Routes: no carrier goes to Italy.
func (q *queue) Routes(m *message.Message) bool { return m.Country != "IT" }

func (q *queue) Plan(_ *db.Tx, messages []*message.Outgoing) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		q.planned[m.ID] = true
	}
	return nil
}

func (q *queue) Committed(m *message.Outgoing) {
	if q.onCommitted != nil {
		q.onCommitted(m.ID)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.committed[m.ID] = true
}

func (q *queue) Dropped(m *message.Outgoing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped[m.ID] = true
}
