package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// world is the module with a real database, messages that the test settles itself,
// and receivers that are there as long as the test.
type world struct {
	t         *testing.T
	url       string
	clock     *testkit.Clock
	receivers *receivers
	*life
}

// life is one life of the process: what a crash or a restart replaces.
type life struct {
	db       *db.DB
	node     *db.Node
	watcher  *db.Watcher
	users    *user.Module
	messages *message.Module
	webhooks *webhook.Module
	door     *api.Door
	stop     sync.Once
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url)) })
}

func newWorld(t *testing.T, url string, change ...func(*webhook.Config)) *world {
	t.Helper()
	w := &world{t: t, url: url, clock: testkit.NewClock(), receivers: newReceivers()}
	w.begin(change...)
	w.ok(w.users.SetCell(t.Context(), user.Cell{Prefix: "kz", Domain: "api.kz.example"}))
	return w
}

// begin starts a life of the process on the world's database. What an earlier one held
// is adopted as dead: on PostgreSQL two that live at once begin with nothing held.
func (w *world) begin(change ...func(*webhook.Config)) *life {
	w.t.Helper()
	l := w.open(change...)
	w.ok(l.watcher.Start(w.t.Context()))
	w.ok(l.node.Start(w.t.Context()))
	w.ok(l.webhooks.Start(w.t.Context()))
	w.ok(l.webhooks.Deliverer().Start(w.t.Context()))
	w.life = l
	w.t.Cleanup(func() { w.end(l) })
	return l
}

func (w *world) open(change ...func(*webhook.Config)) *life {
	w.t.Helper()
	d, err := db.Open(w.t.Context(), w.url, db.Options{Logger: testkit.Logger(w.t), Clock: w.clock.Now, Exclusive: true})
	w.ok(err)
	_, err = d.Migrate(w.t.Context())
	w.ok(err)
	l := &life{db: d, node: db.NewNode(d, "test", testkit.Logger(w.t)), watcher: db.NewWatcher(d)}
	l.users = user.New(d, l.watcher, slog.New(slog.DiscardHandler))
	config := webhook.Config{
		DB: d, Watcher: l.watcher, Node: l.node, Users: l.users, Messages: func() *message.Module { return l.messages },
		Logger: testkit.Logger(w.t), Poster: poster{w.receivers, l.node.Epoch},
	}
	for _, c := range change {
		c(&config)
	}
	l.webhooks = webhook.New(config)
	l.messages = message.New(message.Config{DB: d, Users: l.users, Events: l.webhooks, Tracer: untraced{}, Logger: testkit.Logger(w.t)})
	l.door, err = api.New(api.Config{
		Modules: []api.Module{l.webhooks.Methods(), l.messages.Methods()},
		Auth:    l.users, Clock: w.clock.Now, Undeclared: testkit.Fails(w.t), CellPrefix: "kz", Logger: testkit.Logger(w.t), TempDir: w.t.TempDir(),
	})
	w.ok(err)
	return l
}

// untraced stands for delivery, which knows nothing of messages that were not sent.
type untraced struct{}

func (untraced) Trace(*db.Reader, *message.Record) (*message.Trace, error) {
	return &message.Trace{}, nil
}

// end stops a life in order; attempts under way are cut off.
func (w *world) end(l *life) {
	l.stop.Do(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = l.webhooks.Deliverer().Stop(over)
		w.close(l)
	})
}

func (w *world) close(l *life) {
	ctx := context.Background()
	if err := errors.Join(l.webhooks.Stop(ctx), l.watcher.Stop(ctx), l.node.Stop(ctx), l.db.Close()); err != nil {
		w.t.Errorf("stop: %v", err)
	}
}

// restart stops the process in order and starts it anew.
func (w *world) restart() {
	w.t.Helper()
	old := w.life
	old.stop.Do(func() {
		if err := old.webhooks.Deliverer().Stop(w.t.Context()); err != nil {
			w.t.Errorf("stop the deliverer: %v", err)
		}
		w.close(old)
	})
	w.begin()
}

// crash ends a life as the death of its process would: nothing is written any more.
// The next life adopts what it held.
func (w *world) crash() {
	w.t.Helper()
	old := w.life
	old.stop.Do(func() {
		w.ok(old.db.Close())
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = errors.Join(old.webhooks.Deliverer().Stop(over), old.webhooks.Stop(w.t.Context()), old.watcher.Stop(w.t.Context()), old.node.Stop(over))
	})
	w.begin()
	w.ok(w.webhooks.Adopt(w.t.Context(), old.node.Epoch()))
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

func (w *world) account(change ...func(*user.NewAccount)) account {
	w.t.Helper()
	n := user.NewAccount{Name: "test", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en", Balance: 1000_0000}
	for _, c := range change {
		c(&n)
	}
	id, key, err := w.users.CreateAccount(w.t.Context(), n)
	w.ok(err)
	return account{id, key}
}

// caller calls methods over HTTP.
func (w *world) caller() testkit.Caller { return testkit.Caller{T: w.t, Door: w.door} }

// call posts a form, written as a query, to a method: "webhook/list".
func (w *world) call(a account, method, form string) testkit.Reply {
	w.t.Helper()
	return w.caller().Call(a.key, method, form)
}

// get calls a method that must answer with a code, and decodes its data into to.
func (w *world) get(a account, method, form string, code api.Code, to any) {
	w.t.Helper()
	w.caller().Get(a.key, method, form, code, to)
}

// webhook makes a webhook at an address and gives its id; more are fields of data.
func (w *world) webhook(a account, at string, more ...string) int64 {
	w.t.Helper()
	form := url.Values{"data[eventType]": {webhook.DeliveryReport}, "data[url]": {at}}
	for _, field := range more {
		name, value, _ := strings.Cut(field, "=")
		form.Set("data["+name+"]", value)
	}
	var id string
	w.get(a, "webhook/create", form.Encode(), api.CodeOK, &id)
	n, err := strconv.ParseInt(id, 10, 64)
	w.ok(err)
	return n
}

// update changes a webhook: "url=https://b.example", "status=0".
func (w *world) update(a account, id int64, fields ...string) {
	w.t.Helper()
	form := url.Values{"id": {strconv.FormatInt(id, 10)}}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		form.Set("data["+name+"]", value)
	}
	w.get(a, "webhook/update", form.Encode(), api.CodeOK, nil)
}

// messagesOf makes messages that are on their way; nobody is told of them yet.
func (w *world) messagesOf(a account, n int) []*message.Message {
	w.t.Helper()
	records, all := make([]*message.Record, n), make([]*message.Message, n)
	for i := range records {
		id, err := w.db.NextID(w.t.Context(), message.IDs)
		w.ok(err)
		r := &message.Record{Message: message.Message{
			ID: id, AccountID: a.id, CampaignID: id, CreatedMs: w.db.Now(), Sender: "Heliograph", Recipient: "77010000001",
			Text: "Hi", Country: "KZ", SegNum: 1, Status: message.Enqueued, CreationWay: message.ByAPI, MClass: 1, ValidityMin: 60,
		}}
		records[i], all[i] = r, &r.Message
	}
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Restore(tx, records) }))
	return all
}

// settle makes messages final, as delivery does.
func (w *world) settle(all []*message.Message, status message.Status) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		return w.messages.Settle(tx, changes(all, status, tx.Now()))
	}))
}

func changes(all []*message.Message, status message.Status, at int64) (of []message.Change) {
	for _, m := range all {
		of = append(of, message.Change{ID: m.ID, Status: status, AtMs: at, StartMs: at, Of: m})
	}
	return of
}

// delivered makes so many messages and has them delivered.
func (w *world) delivered(a account, n int) (ids []int64) {
	w.t.Helper()
	all := w.messagesOf(a, n)
	w.settle(all, message.Delivered)
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	return ids
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	n, err := w.tryCount(query, args...)
	w.ok(err)
	return n
}

func (w *world) tryCount(query string, args ...any) (n int, err error) {
	err = w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One(query, args, &n) })
	return n, err
}

// becomes waits until a query counts so many rows; the database may come back meanwhile.
func (w *world) becomes(n int, query string, args ...any) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		got, err := w.tryCount(query, args...)
		if err == nil && got != n {
			err = fmt.Errorf("%d: %s, want %d", got, query, n)
		}
		return err
	})
}

// idle waits until what was attempted is written and nothing is in memory.
func (w *world) idle() {
	w.t.Helper()
	w.becomes(0, `SELECT count(*) FROM webhook_delivery WHERE epoch <> 0`)
	testkit.Eventually(w.t, patience, func() error {
		if held, active := w.webhooks.Deliverer().Counts(); held+active > 0 {
			return fmt.Errorf("%d events in memory, %d attempts under way", held, active)
		}
		return nil
	})
}

// passes moves the clock and does a round of looking for what has become due.
func (w *world) passes(d time.Duration) {
	w.t.Helper()
	w.clock.Advance(d)
	w.feed()
}

func (w *world) feed() {
	w.t.Helper()
	w.ok(w.webhooks.Deliverer().FeedOnce(w.t.Context()))
}

// delivery is an item of webhook/deliveries.
type delivery struct {
	EventID, WebhookID, State string
	NextAttemptTs             *string
	Attempts                  []struct {
		Attempt    string
		HTTPStatus *string
		Problem    *string
	}
}

// numbers are those of the attempts.
func (d *delivery) numbers() (all []string) {
	for _, a := range d.Attempts {
		all = append(all, a.Attempt)
	}
	return all
}

func (w *world) deliveries(a account, form string) []delivery {
	w.t.Helper()
	var list struct{ Items []delivery }
	w.get(a, "webhook/deliveries", form, api.CodeOK, &list)
	return list.Items
}

// only is the account's one delivery.
func (w *world) only(a account) delivery {
	w.t.Helper()
	all := w.deliveries(a, "")
	if len(all) != 1 {
		w.t.Fatalf("%d deliveries, want 1", len(all))
	}
	return all[0]
}

// loopback is where a test's own servers are.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// scanInto appends a column of numbers.
func scanInto(all *[]int64) func(db.Row) error {
	return func(rows db.Row) error {
		var n int64
		err := rows.Scan(&n)
		*all = append(*all, n)
		return err
	}
}

func (w *world) delete(a account, ids ...int64) {
	w.t.Helper()
	form := url.Values{}
	for _, id := range ids {
		form.Add("ids[]", itoa(id))
	}
	w.get(a, "webhook/delete", form.Encode(), api.CodeOK, nil)
}
