package price_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

func onBoth(t *testing.T, test func(t *testing.T, d *db.DB, m *price.Module)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		d := testkit.Open(t, url, nil)
		test(t, d, price.New(d, db.NewWatcher(d), testkit.Logger(t)))
	})
}

func start(t *testing.T, m *price.Module) {
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

func load(t *testing.T, m *price.Module, lines ...string) {
	t.Helper()
	n, err := m.ImportCSV(t.Context(), strings.NewReader(strings.Join(lines, "\n")))
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
}

func TestAnOperatorsPriceGoesBeforeItsCountrys(t *testing.T) {
	onBoth(t, func(t *testing.T, _ *db.DB, m *price.Module) {
		load(t, m, "KZ,,10,KZT", "KZ,Beeline,12.5,KZT", "RU,MTS,3,KZT", "KZ,,0.02,USD", "UA,,0,KZT")
		start(t, m)
		for _, c := range []struct {
			currency, country, operator string
			want                        money.Amount // -1 = none
			covers                      bool
		}{
			{"KZT", "KZ", "Beeline", 125_000, true},
			{"KZT", "KZ", "Kcell", 100_000, true},
			{"KZT", "KZ", "", 100_000, true},
			{"USD", "KZ", "Beeline", 200, true},
			{"KZT", "UA", "", 0, true},
			{"KZT", "RU", "MTS", 30_000, true},
			{"KZT", "RU", "", -1, true},
			{"KZT", "RU", "Tele2", -1, true},
			{"USD", "RU", "MTS", -1, false},
			{"EUR", "KZ", "", -1, false},
		} {
			got, ok := m.Price(c.currency, c.country, c.operator)
			if ok != (c.want >= 0) || ok && got != c.want {
				t.Errorf("%v: %s %v", c, got, ok)
			}
			if m.Covers(c.currency, c.country) != c.covers {
				t.Errorf("%v: covers %v", c, !c.covers)
			}
		}
		if n := testing.AllocsPerRun(10, func() { m.Price("KZT", "KZ", "Beeline") }); n > 0 {
			t.Errorf("%v allocations to look a price up", n)
		}
	})
}

func TestAnImportReplacesAndTheServerFollows(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		d := testkit.Open(t, url, nil)
		w := db.NewWatcher(d)
		here := price.New(d, w, testkit.Logger(t))
		other := testkit.Open(t, url, nil)
		elsewhere := price.New(other, db.NewWatcher(other), testkit.Logger(t))
		start(t, here)
		load(t, elsewhere, "\ufeffcountryA2,operator,price,currency", "kz,,10,kzt", "KZ,Beeline,12,KZT")
		load(t, elsewhere, "CountryA2, Operator, Price, Currency", "KZ,,11,KZT", `RU,"A, B",7,KZT`)
		if err := w.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, 5*time.Second, func() error {
			if p, _ := here.Price("KZT", "KZ", ""); p != 110_000 {
				return errors.New("KZ costs " + p.String())
			}
			return nil
		})
		all, err := elsewhere.List(t.Context())
		want := []price.Price{{"KZT", "KZ", "", 110_000}, {"KZT", "KZ", "Beeline", 120_000}, {"KZT", "RU", "A, B", 70_000}}
		if err != nil || !slices.Equal(all, want) {
			t.Errorf("%v, %v; want %v", all, err, want)
		}
	})
}

func TestABadFileChangesNothingAndTheLineIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB, m *price.Module) {
		good := "KZ,,1,KZT\n"
		for _, c := range []struct{ file, words string }{
			{"", "no prices"},
			{"countryA2,operator,price,currency\n", "no prices"},
			{good + "XX,,1,KZT\n", `line 2: country "XX"`},
			{good + "\n\nRU,,1,TENGE\n", "line 4: currency"},
			{good + "RU,,1e3,KZT\n", "line 2: price: not a decimal"},
			{good + "RU,,0.00001,KZT\n", "line 2: price: over four decimals"},
			{good + "RU,,-1,KZT\n", "line 2: price -1.0000: must not be negative"},
			{good + "RU,,,KZT\n", "line 2: price"},
			{good + "RU,,1\n", "line 2: must have the columns"},
			{good + "RU,,1,KZT,more\n", "line 2: must have the columns"},
			{good + "RU,\"MTS,1,KZT\n", "line 2: "},
			{good + "RU,\xff,1,KZT\n", "line 2: operator"},
			{good + "RU," + strings.Repeat("x", 101) + ",1,KZT\n", "line 2: operator"},
			{good + "RU,,1,KZT\n kz ,,2,kzt\n", "line 3: the same country, operator and currency as line 1"},
			{good + "countryA2,operator,price,currency\n", "line 2: price"},
			{manyRows(100_001), "line 100001: over 100000"},
		} {
			n, err := m.ImportCSV(t.Context(), strings.NewReader(c.file))
			if err == nil || n != 0 || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%.40q: %d, %v; want an error with %q", c.file, n, err, c.words)
			}
		}
		if all, err := m.List(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%d prices stand (%v), want none", len(all), err)
		}
	})
}

func manyRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "KZ,op%d,1,KZT\n", i)
	}
	return b.String()
}

func TestALargeImportIsToldOnceAtItsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB, m *price.Module) {
		commits := d.WriterStats().Commits.Load()
		load(t, m, manyRows(3500))
		if n := d.WriterStats().Commits.Load() - commits; n != 6 {
			t.Errorf("%d transactions, want four chunks between a beginning and an end", n)
		}
		var version int64
		err := d.Read(t.Context(), func(q *db.Reader) error {
			return q.One(`SELECT version FROM version WHERE name = $1`, []any{price.Topic}, &version)
		})
		if err != nil || version != 1 {
			t.Errorf("told %d times (%v), want once", version, err)
		}
		if all, err := m.List(t.Context()); err != nil || len(all) != 3500 {
			t.Errorf("%d prices, %v", len(all), err)
		}
	})
}

func TestSetAllPricesEveryCountry(t *testing.T) {
	onBoth(t, func(t *testing.T, _ *db.DB, m *price.Module) {
		start(t, m)
		if err := m.SetAll(t.Context(), "KZT", 5, []string{"KZ", "RU", "KZ"}); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, 5*time.Second, func() error {
			if p, ok := m.Price("KZT", "RU", "any"); !ok || p != 5 {
				return fmt.Errorf("%s %v", p, ok)
			}
			return nil
		})
		if err := m.SetAll(t.Context(), "KZT", 5, []string{"UA", "nowhere"}); err == nil || m.Covers("KZT", "UA") {
			t.Errorf("%v; covers UA: %v", err, m.Covers("KZT", "UA"))
		}
	})
}
