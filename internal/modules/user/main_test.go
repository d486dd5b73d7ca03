package user_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// house is a module on a database of its own. Its watcher looks when it is told to.
type house struct {
	*user.Module
	db      *db.DB
	watcher *db.Watcher
	clock   *testkit.Clock
	url     string
	from    string // the address of who asks; "" = httptest's
}

func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newHouse(t, url)) })
}

func newHouse(t *testing.T, url string) *house { return newHouseAt(t, url, testkit.NewClock()) }

func newHouseAt(t *testing.T, url string, clock *testkit.Clock) *house {
	d := testkit.Open(t, url, clock)
	w := db.NewWatcher(d)
	return &house{user.New(d, w, testkit.Logger(t)), d, w, clock, url, ""}
}

// elsewhere is another process on the same database, at the same time.
func (h *house) elsewhere(t *testing.T) *house { return newHouseAt(t, h.url, h.clock) }

func (h *house) look(t *testing.T) {
	t.Helper()
	if err := h.watcher.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func ann() user.NewAccount {
	return user.NewAccount{Name: "Ann", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en", Balance: 1_000_000}
}

func (h *house) account(t *testing.T, change ...func(*user.NewAccount)) (id int64, key string) {
	t.Helper()
	n := ann()
	for _, c := range change {
		c(&n)
	}
	id, key, err := h.CreateAccount(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

func holding(balance money.Amount) func(*user.NewAccount) {
	return func(n *user.NewAccount) { n.Balance = balance }
}

func (h *house) balance(t testing.TB, id int64) money.Amount {
	t.Helper()
	o, err := h.Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o.Balance
}

// count answers a query that gives one number.
func (h *house) count(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	if err := h.db.Read(t.Context(), func(q *db.Reader) error { return q.One(query, args, &n) }); err != nil {
		t.Fatal(err)
	}
	return n
}
