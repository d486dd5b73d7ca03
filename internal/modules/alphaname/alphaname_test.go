package alphaname_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	ann = 1
	bob = 2
)

// open makes a module and the watcher that it hears of changes from.
func open(t *testing.T, url string) (*alphaname.Module, *db.Watcher) {
	d := testkit.Open(t, url, testkit.NewClock())
	w := db.NewWatcher(d)
	return alphaname.New(d, w, testkit.Logger(t)), w
}

func start(t *testing.T, m *alphaname.Module) {
	t.Helper()
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func add(t *testing.T, m *alphaname.Module, account int64, name string, isDefault bool) int64 {
	t.Helper()
	id, err := m.Add(t.Context(), account, name, isDefault)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestResolve(t *testing.T) {
	type sender struct {
		account   int64
		name      string
		isDefault bool
	}
	both := []sender{{ann, "ACME", false}, {ann, "ACME2", true}, {bob, "BOB", false}, {alphaname.Shared, "INFO", false}, {alphaname.Shared, "NEWS", false}}
	cases := []struct {
		name    string
		senders []sender
		account int64
		from    string
		want    string // "" = none
	}{
		{"one's own", both, ann, "ACME", "ACME"},
		{"a shared one", both, ann, "NEWS", "NEWS"},
		{"none asked for: the default", both, ann, "", "ACME2"},
		{"somebody else's: the default", both, ann, "BOB", "ACME2"},
		{"names are compared exactly", both, ann, "acme", "ACME2"},
		{"no default: the oldest shared one", both, bob, "", "INFO"},
		{"an account without any", both, 3, "ACME", "INFO"},
		{"a shared default", append(both, sender{alphaname.Shared, "LAST", true}), bob, "ACME", "LAST"},
		{"a later default wins", append(both, sender{ann, "NEWER", true}), ann, "", "NEWER"},
		{"own ones but no default, nothing shared", []sender{{bob, "BOB", false}}, bob, "ACME", ""},
		{"nothing at all", nil, ann, "ACME", ""},
	}
	testkit.OnBoth(t, func(t *testing.T, url string) {
		d := testkit.Open(t, url, nil)
		for _, c := range cases {
			m := alphaname.New(d, db.NewWatcher(d), testkit.Logger(t))
			for _, s := range c.senders {
				add(t, m, s.account, s.name, s.isDefault)
			}
			start(t, m)
			if got, ok := m.Resolve(c.account, c.from, "KZ"); got != c.want || ok != (c.want != "") {
				t.Errorf("%s: %q %v, want %q", c.name, got, ok, c.want)
			}
			for _, s := range c.senders {
				if err := m.Remove(t.Context(), s.account, s.name); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestChangesElsewhereAreFollowed(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		here, watcher := open(t, url)
		elsewhere, _ := open(t, url)
		start(t, here)
		follow := func(want string) {
			t.Helper()
			if err := watcher.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			testkit.Eventually(t, 5*time.Second, func() error {
				if got, _ := here.Resolve(ann, "ACME", "KZ"); got != want {
					return errors.New("it is " + got)
				}
				return nil
			})
		}
		add(t, elsewhere, ann, "ACME", false)
		follow("ACME")
		if err := elsewhere.Remove(t.Context(), ann, "ACME"); err != nil {
			t.Fatal(err)
		}
		follow("")
	})
}

func TestNames(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		for _, good := range []string{"A", "Hello World", "a.b_c-d&e", "1234", "123456789012345", "A1", "12345678901"} {
			add(t, m, ann, good, false)
		}
		for _, bad := range []string{"", " ", " A", "A ", "TwelveLetter", "1234567890123456", "АКМЕ", "a/b", "a\n", "+77010000001", strings.Repeat("A", 5000)} {
			if _, err := m.Add(t.Context(), ann, bad, false); !errors.Is(err, alphaname.ErrName) {
				t.Errorf("%q: %v, want ErrName", bad, err)
			}
		}
		if _, err := m.Add(t.Context(), ann, "A1", true); !errors.Is(err, alphaname.ErrExists) {
			t.Errorf("twice: %v", err)
		}
		add(t, m, bob, "A1", false)
		if err := m.Remove(t.Context(), bob, "A2"); !errors.Is(err, alphaname.ErrNone) {
			t.Errorf("remove none: %v", err)
		}
		all, err := m.List(t.Context())
		if err != nil || len(all) != 8 || all[7].AccountID != bob || all[7].ID != 8 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestAnAccountHasOneDefault(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		add(t, m, bob, "BOB", true)
		add(t, m, ann, "OLD", true)
		add(t, m, ann, "NEW", true)
		all, err := m.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if a.Default != (a.Name != "OLD") {
				t.Errorf("%s: default %v", a.Name, a.Default)
			}
		}
	})
}

func TestUsableAreOnesOwnAndSharedOnes(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		for account, name := range map[int64]string{ann: "ACME", bob: "BOB", alphaname.Shared: "INFO"} {
			add(t, m, account, name, false)
		}
		start(t, m)
		for name, want := range map[string]bool{"ACME": true, "INFO": true, "BOB": false, "acme": false, "": false} {
			if got := m.Usable(ann, name, "KZ"); got != want {
				t.Errorf("%q is usable: %t", name, got)
			}
		}
		if m.Usable(3, "ACME", "") || !m.Usable(3, "INFO", "") {
			t.Error("an account without senders may use the shared ones alone")
		}
	})
}
