package link_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	base     = "https://s.example/l"
	phone    = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
	campaign = 77 // the one there is, the first account's
)

// world is the module behind the door and its redirect, on a real database.
type world struct {
	t       *testing.T
	url     string
	clock   *testkit.Clock
	db      *db.DB
	watcher *db.Watcher
	users   *user.Module
	links   *link.Module
	door    *api.Door
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		w := &world{t: t, url: at, clock: testkit.NewClock()}
		w.open()
		test(t, w)
	})
}

// open begins a life of the process; the services are started by whoever needs them.
func (w *world) open() {
	w.t.Helper()
	w.db = testkit.Open(w.t, w.url, w.clock)
	w.watcher = db.NewWatcher(w.db)
	w.users = user.New(w.db, w.watcher, slog.New(slog.DiscardHandler))
	w.ok(w.users.SetCell(w.t.Context(), user.Cell{Prefix: "kz", Domain: "api.kz.example"}))
	w.links = link.New(link.Config{
		DB: w.db, Watcher: w.watcher, Users: w.users, Base: base + "/", Listen: "10.0.0.7:8080", Logger: testkit.Logger(w.t),
		Campaign: func(_ context.Context, c *api.Call, id int64) error {
			if c.Account.ID == 1 && id == campaign {
				return nil
			}
			return api.NotFound()
		},
	})
	door, err := api.New(api.Config{
		Modules: []api.Module{w.links.Methods()},
		Auth:    w.users, Clock: w.clock.Now, Undeclared: testkit.Fails(w.t), CellPrefix: "kz", Logger: testkit.Logger(w.t), TempDir: w.t.TempDir(),
	})
	w.ok(err)
	w.door = door
}

// another is a further node of the cell.
func (w *world) another() *world {
	w.t.Helper()
	node := &world{t: w.t, url: w.url, clock: w.clock}
	node.open()
	return node
}

// started runs the module's services until the test ends.
func (w *world) started() {
	w.t.Helper()
	watcher, links := w.watcher, w.links
	w.ok(errors.Join(watcher.Start(w.t.Context()), links.Start(w.t.Context())))
	w.t.Cleanup(func() {
		_ = links.Stop(context.Background()) // the test may have stopped it
		_ = watcher.Stop(context.Background())
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) account(timezone string) (key string) {
	w.t.Helper()
	_, key, err := w.users.CreateAccount(w.t.Context(), user.NewAccount{Name: "test", Currency: "KZT", Timezone: timezone, Language: "en"})
	w.ok(err)
	return key
}

// call wants a code, and data that is JSON like want; "" = any.
func (w *world) call(key, method, form string, code api.Code, want string) json.RawMessage {
	w.t.Helper()
	request := httptest.NewRequest("POST", "/service/link/"+method, strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+key)
	answer := httptest.NewRecorder()
	w.door.ServeHTTP(answer, request)
	var r struct {
		Code    api.Code
		Data    json.RawMessage
		Message string
	}
	w.ok(json.Unmarshal(answer.Body.Bytes(), &r))
	var got, wanted any
	w.ok(json.Unmarshal(r.Data, &got))
	if want != "" {
		w.ok(json.Unmarshal([]byte(want), &wanted))
	}
	if r.Code != code || want != "" && !reflect.DeepEqual(got, wanted) {
		w.t.Errorf("%s %.100s: %d %s (%s), want %d %s", method, form, r.Code, r.Data, r.Message, code, want)
	}
	return r.Data
}

type made struct{ ID, Code, ShortLink string }

func (w *world) create(key string, data map[string]string) (m made) {
	w.t.Helper()
	form := url.Values{}
	for name, value := range data {
		form.Set("data["+name+"]", value)
	}
	w.ok(json.Unmarshal(w.call(key, "create", form.Encode(), api.CodeOK, ""), &m))
	return m
}

// click follows a short link as a browser, or as whoever the headers say.
func (w *world) click(code string, headers ...string) *http.Response {
	return w.ask("GET", code, headers...)
}

func (w *world) ask(method, code string, headers ...string) *http.Response {
	request := httptest.NewRequest(method, "/"+code, nil)
	request.Header.Set("User-Agent", phone)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.links.Redirect().ServeHTTP(answer, request)
	return answer.Result()
}

// leads wants a code to lead somewhere; "" = nowhere.
func (w *world) leads(code, address string) {
	w.t.Helper()
	status := http.StatusFound
	if address == "" {
		status = http.StatusNotFound
	}
	if r := w.click(code); r.StatusCode != status || r.Header.Get("Location") != address {
		w.t.Errorf("%s: %d %q, want %d %q", code, r.StatusCode, r.Header.Get("Location"), status, address)
	}
}

// sealed is a code that nobody has, though it might be one.
func (w *world) sealed(drawn string) string {
	w.t.Helper()
	code, err := w.links.Sealed(w.t.Context(), drawn)
	w.ok(err)
	return code
}

// awaitNowhere waits until a code leads nowhere.
func (w *world) awaitNowhere(code string) {
	w.t.Helper()
	testkit.Eventually(w.t, 10*time.Second, func() error {
		if r := w.click(code); r.StatusCode != http.StatusNotFound {
			return fmt.Errorf("it answers %d", r.StatusCode)
		}
		return nil
	})
}
