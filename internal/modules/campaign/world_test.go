package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// The keys of two accounts.
const (
	ours   = "kz00000000000000000000000000000000000000000000000000000000000000000001"
	theirs = "kz00000000000000000000000000000000000000000000000000000000000000000002"
)

// What a segment costs. In Ukraine only Kyivstar has a price, no carrier goes to
// Italy, and to Belarus our account may not send.
const (
	prices = "KZ,,16.2000,KZT\nRU,,7.5000,KZT\nRU,MTS,9.0000,KZT\nUA,Kyivstar,20,KZT\nIT,,1,KZT\nBY,,1,KZT\n"

	toKazakhstan money.Amount = 16_2000
	opening      money.Amount = 1_000_000_0000
)

// linkBase is what short links begin with.
const linkBase = "https://s.example"

const patience = time.Minute

// world is the module behind a door, with everything real around it but delivery, the
// contacts and the moderator. Its clock stands; a round of its loops is the test's to do.
type world struct {
	t         *testing.T
	url       string
	clock     *testkit.Clock
	account   int64 // ours
	keys      map[string]int64
	queue     *queue
	contacts  *contacts
	moderator *moderator
	*life
}

// life is one life of the process: what a crash replaces.
type life struct {
	db        *db.DB
	node      *db.Node
	users     *user.Module
	names     *alphaname.Module
	prices    *price.Module
	messages  *message.Module
	links     *link.Module
	tasks     *tasks.Tasks
	campaigns *campaign.Module
	door      *api.Door
	stop      sync.Once
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url)) })
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, clock: testkit.NewClock(), keys: map[string]int64{}, queue: newQueue(), contacts: newContacts(), moderator: &moderator{}}
	site := testkit.Open(t, url, w.clock)
	watcher := db.NewWatcher(site)
	_, err := alphaname.New(site, watcher, slog.New(slog.DiscardHandler)).Add(t.Context(), alphaname.Shared, "Heliograph", true)
	w.ok(err)
	_, err = price.New(site, watcher, slog.New(slog.DiscardHandler)).ImportCSV(t.Context(), strings.NewReader(prices))
	w.ok(err)
	w.begin()
	for _, key := range []string{ours, theirs} {
		w.keys[key], _, err = w.users.CreateAccount(t.Context(), user.NewAccount{
			Name: "Demo", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en", Balance: opening})
		w.ok(err)
	}
	w.account = w.keys[ours]
	barred := "BY"
	w.ok(w.users.Set(t.Context(), w.account, user.Changes{Barred: &barred}))
	return w
}

// begin starts a life of the process on the world's database, all but the loops.
func (w *world) begin() *life {
	w.t.Helper()
	l := w.assemble()
	w.ok(errors.Join(l.names.Start(w.t.Context()), l.prices.Start(w.t.Context()), l.node.Start(w.t.Context()), l.tasks.Start(w.t.Context())))
	w.life = l
	w.t.Cleanup(func() { w.end(l) })
	return l
}

func (w *world) assemble() *life {
	w.t.Helper()
	log := testkit.Logger(w.t)
	d, err := db.Open(w.t.Context(), w.url, db.Options{Logger: log, Clock: w.clock.Now})
	w.ok(err)
	watcher := db.NewWatcher(d)
	operators, err := phone.DefaultOperators()
	w.ok(err)
	l := &life{db: d, node: db.NewNode(d, "test", log)}
	l.users = user.New(d, watcher, slog.New(slog.DiscardHandler))
	l.names = alphaname.New(d, watcher, slog.New(slog.DiscardHandler))
	l.prices = price.New(d, watcher, slog.New(slog.DiscardHandler))
	l.tasks = tasks.New(tasks.Config{DB: d, Node: l.node, Logger: log, TempDir: w.t.TempDir()})
	l.links = link.New(link.Config{DB: d, Watcher: watcher, Users: l.users, Base: linkBase, Listen: "127.0.0.1:8080", Logger: log})
	l.messages = message.New(message.Config{
		DB: d, Links: l.links, Users: l.users, Alphanames: l.names, Prices: l.prices, Book: phone.NewBook(operators), Queue: w.queue, MaxSegments: 10, Logger: log})
	l.campaigns = campaign.New(campaign.Config{
		DB: d, Node: l.node, Watcher: watcher, Messages: l.messages, Links: l.links, Users: l.users, Queue: w.queue, Tasks: l.tasks,
		Contacts: w.contacts, Groups: w.contacts, Moderate: w.moderator, Logger: log})
	l.messages.Campaigns = l.campaigns
	l.door, err = api.New(api.Config{
		Modules: []api.Module{l.campaigns.Methods()}, Auth: keyring{w.keys, l.users},
		Clock: w.clock.Now, Undeclared: testkit.Fails(w.t), CellPrefix: "kz", Logger: log, TempDir: w.t.TempDir()})
	w.ok(err)
	return l
}

// keyring knows accounts by the keys of this test.
type keyring struct {
	ids   map[string]int64
	users *user.Module
}

func (k keyring) Authenticate(ctx context.Context, key string, _ netip.Addr) (*api.Principal, error) {
	account, err := k.users.Account(ctx, k.ids[key])
	if err != nil {
		return nil, err
	}
	return &api.Principal{Account: account.Public()}, nil
}

// end stops a life in order.
func (w *world) end(l *life) {
	l.stop.Do(func() {
		ctx := context.Background()
		if err := errors.Join(l.stopAll(ctx), l.db.Close()); err != nil {
			w.t.Errorf("stop: %v", err)
		}
	})
}

func (l *life) stopAll(ctx context.Context) error {
	return errors.Join(l.tasks.Stop(ctx), l.campaigns.Stop(ctx), l.node.Stop(ctx), l.prices.Stop(ctx), l.names.Stop(ctx))
}

// crash ends the life as the death of its process would: nothing is written any more.
// The next one adopts what it held. Whatever the test holds up, dead lets go.
func (w *world) crash(dead ...func()) {
	w.t.Helper()
	old := w.life
	old.stop.Do(func() {
		w.ok(old.db.Close())
		for _, f := range dead {
			f()
		}
		_ = old.stopAll(context.Background()) // its goroutines; what they try to write fails
	})
	w.begin()
	w.adopt(old)
}

func (w *world) adopt(old *life) {
	w.t.Helper()
	ctx := w.t.Context()
	w.ok(errors.Join(w.tasks.Adopt(ctx, old.node.Epoch()), w.campaigns.Adopt(ctx, old.node.Epoch())))
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// passes moves the clock.
func (w *world) passes(d time.Duration) {
	w.clock.Advance(d)
	w.tasks.Wake()
}

// release does a round of releasing, count one of counting.
func (w *world) release() {
	w.t.Helper()
	w.ok(campaign.ReleaseOnce(w.t.Context(), w.campaigns))
}

func (w *world) count() {
	w.t.Helper()
	w.ok(campaign.CountOnce(w.t.Context(), w.campaigns))
}

// idle waits until no task is left to be done.
func (w *world) idle() {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		if n := w.number(`SELECT count(*) FROM task WHERE finished_ms IS NULL`); n != 0 {
			return fmt.Errorf("%d tasks are not done", n)
		}
		return nil
	})
}

// accept accepts a single message of two segments, as change would have it.
func (w *world) accept(change func(*message.Message)) *message.Message {
	w.t.Helper()
	id, err := w.db.NextID(w.t.Context(), message.IDs)
	w.ok(err)
	now := w.db.Now()
	msg := &message.Message{
		ID: id, CampaignID: id, AccountID: w.account, CreatedMs: now, Sender: "Heliograph", Recipient: "77010000001", Text: "Hi",
		Country: "KZ", Operator: "Kcell", SegNum: 2, SegPrice: 16_2000, Status: message.Enqueued, CreationWay: message.ByAPI,
		MClass: 1, ValidityMin: 1440, ExpiresMs: now + 86_400_000,
	}
	if change != nil {
		change(msg)
	}
	w.ok(w.messages.Accept(w.t.Context(), msg))
	return msg
}

func (w *world) settle(changes ...message.Change) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Settle(tx, changes) }))
}

// failsUntilGivenUp lets the time pass in which a task that fails is tried again.
func (w *world) failsUntilGivenUp(failed <-chan struct{}) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		for {
			select {
			case <-failed:
			default:
				if n := w.number(`SELECT count(*) FROM task WHERE finished_ms IS NULL`); n != 0 {
					w.passes(10 * time.Minute)
					return errors.New("the task is tried again")
				}
				return nil
			}
		}
	})
}

// some checks a property n times: each costs commits.
func some(t *testing.T, n int, property func(*rapid.T)) {
	t.Helper()
	ran := 0
	rapid.Check(t, func(rt *rapid.T) {
		if ran++; ran <= n || t.Failed() {
			property(rt)
		}
	})
}
