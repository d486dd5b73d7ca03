package contactcard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// world is both modules behind the door, on a real database.
type world struct {
	t      testing.TB
	clock  *testkit.Clock
	db     *db.DB
	users  *user.Module
	groups *contactgroup.Module
	cards  *contactcard.Module
	door   *api.Door
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url)) })
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	w := &world{t: t, clock: testkit.NewClock()}
	w.db = testkit.Open(t, url, w.clock)
	w.users = user.New(w.db, db.NewWatcher(w.db), slog.New(slog.DiscardHandler))
	w.ok(w.users.SetCell(t.Context(), user.Cell{Prefix: "kz", Domain: "api.kz.example"}))
	operators, err := phone.DefaultOperators()
	w.ok(err)
	w.groups = contactgroup.New(w.db)
	w.cards = contactcard.New(contactcard.Config{DB: w.db, Groups: w.groups, Book: phone.NewBook(operators), Logger: testkit.Logger(t)})
	w.door, err = api.New(api.Config{
		Modules: []api.Module{w.groups.Methods(), w.cards.Methods()},
		Auth:    w.users, Clock: w.clock.Now, Undeclared: testkit.Fails(t), CellPrefix: "kz", Logger: testkit.Logger(t), TempDir: t.TempDir(),
	})
	w.ok(err)
	return w
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

const asJSON = "application/json"

// caller calls methods over HTTP.
func (w *world) caller() testkit.Caller { return testkit.Caller{T: w.t, Door: w.door} }

// call posts a form, written as a query, to a method: "contactCard/list".
func (w *world) call(a account, method, form string) testkit.Reply {
	w.t.Helper()
	return w.caller().Call(a.key, method, form)
}

// get calls a method that must answer with a code, and decodes its data into to.
func (w *world) get(a account, method, form string, code api.Code, to any) {
	w.t.Helper()
	w.caller().Get(a.key, method, form, code, to)
}

// create makes a card or a group and gives its id; fields are those of data,
// "name=Ann", "email[type]=JOB".
func (w *world) create(a account, module string, fields ...string) int64 {
	w.t.Helper()
	var id string
	w.get(a, module+"/create", data(fields...), api.CodeOK, &id)
	n, err := strconv.ParseInt(id, 10, 64)
	w.ok(err)
	return n
}

func (w *world) card(a account, fields ...string) int64 {
	w.t.Helper()
	return w.create(a, "contactCard", fields...)
}

func (w *world) group(a account, name string) int64 {
	w.t.Helper()
	return w.create(a, "contactGroup", "name="+name)
}

// data is a form of fields: "email[type]=JOB" becomes data[email][type]=JOB.
func data(fields ...string) string {
	form := url.Values{}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		outer, inner, nested := strings.Cut(name, "[")
		if name = "data[" + outer + "]"; nested {
			name += "[" + inner
		}
		form.Set(name, value)
	}
	return form.Encode()
}

func (w *world) join(a account, card int64, groups ...int64) {
	w.t.Helper()
	form := url.Values{"id": {itoa(card)}}
	for _, group := range groups {
		form.Add("groupIds[]", itoa(group))
	}
	w.get(a, "contactCard/setGroups", strings.ReplaceAll(form.Encode(), "%5B%5D", "[]"), api.CodeOK, nil)
}

// sweep does a round of taking cards out of deleted groups.
func (w *world) sweep() {
	w.t.Helper()
	w.ok(w.cards.SweepOnce(w.t.Context()))
}

func (w *world) count(query string, args ...any) (n int64) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One(query, args, &n) }))
	return n
}

// becomes waits until a query counts so many rows.
func (w *world) becomes(n int64, query string, args ...any) {
	w.t.Helper()
	testkit.Eventually(w.t, 30*time.Second, func() error {
		if got := w.count(query, args...); got != n {
			return fmt.Errorf("%d: %s, want %d", got, query, n)
		}
		return nil
	})
}

// upload posts a card with a photo as a multipart form.
func (w *world) upload(a account, method string, photo []byte, fields ...string) testkit.Reply {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		w.ok(form.WriteField(name, value))
	}
	file, err := form.CreateFormFile("data[photo]", "me.png")
	w.ok(err)
	_, err = file.Write(photo)
	w.ok(err)
	w.ok(form.Close())
	return w.caller().Send(a.key, method, form.FormDataContentType(), body.String())
}

// same compares data with JSON.
func same(t testing.TB, what string, got json.RawMessage, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("%s: %v\ngot  %s\nwant %s", what, err, got, want)
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
