package numberstoplist_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// world is the module behind the door, on a real database.
type world struct {
	t     testing.TB
	url   string
	clock *testkit.Clock
	db    *db.DB
	users *user.Module
	stops *numberstoplist.Module
	door  *api.Door
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url)) })
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, clock: testkit.NewClock()}
	w.db = testkit.Open(t, url, w.clock)
	w.users = user.New(w.db, db.NewWatcher(w.db), slog.New(slog.DiscardHandler))
	w.ok(w.users.SetCell(t.Context(), user.Cell{Prefix: "kz", Domain: "api.kz.example"}))
	w.stops = w.process()
	var err error
	w.door, err = api.New(api.Config{
		Modules: []api.Module{w.stops.Methods()},
		Auth:    w.users, Clock: w.clock.Now, Undeclared: testkit.Fails(t), CellPrefix: "kz", Logger: testkit.Logger(t), TempDir: t.TempDir(),
	})
	w.ok(err)
	return w
}

// process starts a module with a database handle of its own, as another process has.
func (w *world) process() *numberstoplist.Module {
	w.t.Helper()
	d := testkit.Open(w.t, w.url, w.clock)
	watcher := db.NewWatcher(d)
	operators, err := phone.DefaultOperators()
	w.ok(err)
	m := numberstoplist.New(numberstoplist.Config{DB: d, Watcher: watcher, Book: phone.NewBook(operators), Logger: testkit.Logger(w.t)})
	w.ok(watcher.Start(w.t.Context()))
	w.ok(m.Start(w.t.Context()))
	w.t.Cleanup(func() {
		if err := m.Stop(w.t.Context()); err != nil && w.t.Context().Err() == nil {
			w.t.Error(err)
		}
		_ = watcher.Stop(w.t.Context())
	})
	return m
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

func (w *world) account() account {
	w.t.Helper()
	id, key, err := w.users.CreateAccount(w.t.Context(),
		user.NewAccount{Name: "test", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en"})
	w.ok(err)
	return account{id, key}
}

// caller calls methods over HTTP.
func (w *world) caller() testkit.Caller { return testkit.Caller{T: w.t, Door: w.door} }

// post calls a method with a form, written as a query.
func (w *world) post(a account, method, form string) string {
	w.t.Helper()
	return string(w.caller().Post(a.key, "numberStopList/"+method, testkit.Form, form))
}

// call wants a code, and data that is JSON like want; "" = any.
func (w *world) call(a account, method, form string, code api.Code, want string) json.RawMessage {
	w.t.Helper()
	return w.caller().Want(a.key, "numberStopList/"+method, form, code, want)
}

// listed gives the numbers of a page in order, and the total.
func (w *world) listed(a account, form string) (numbers []string, total string) {
	w.t.Helper()
	var list struct {
		Items          []struct{ Number string }
		TotalItemCount string
	}
	w.ok(json.Unmarshal(w.call(a, "list", form, api.CodeOK, ""), &list))
	for _, item := range list.Items {
		numbers = append(numbers, item.Number)
	}
	return numbers, list.TotalItemCount
}

// put puts entries on a list beside the door.
func (w *world) put(account int64, numbers ...string) {
	w.t.Helper()
	_, _, err := w.stops.Import(w.t.Context(), account, strings.NewReader(strings.Join(numbers, "\n")))
	w.ok(err)
}
