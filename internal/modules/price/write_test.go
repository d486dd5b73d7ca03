package price_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// book is a module with what stands in its table.
type book struct {
	*price.Module
	db    *db.DB
	clock *testkit.Clock
}

func onBothBooks(t *testing.T, test func(t *testing.T, b *book)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		d := testkit.Open(t, url, clock)
		test(t, &book{price.New(d, db.NewWatcher(d), testkit.Logger(t)), d, clock})
	})
}

func (b *book) rows(t *testing.T) (n int64) {
	t.Helper()
	if err := b.db.Read(t.Context(), func(q *db.Reader) error { return q.One(`SELECT count(*) FROM price`, nil, &n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// holds checks what is listed: country, operator and amount each, in order.
func (b *book) holds(t *testing.T, want ...string) {
	t.Helper()
	all, err := b.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range all {
		got = append(got, strings.Join([]string{p.Country, p.Operator, p.Amount.String()}, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the prices are %q, want %q", got, want)
	}
}

func kz(operator string, amount money.Amount) price.Price {
	return price.Price{Currency: "KZT", Country: "KZ", Operator: operator, Amount: amount}
}

func TestAnImportCountsAsAWholeOnceItIsFinished(t *testing.T) {
	onBothBooks(t, func(t *testing.T, b *book) {
		ctx := t.Context()
		load(t, b.Module, "KZ,,1,KZT", "KZ,Kcell,2,KZT")
		i, err := b.Begin(ctx)
		for _, p := range []price.Price{kz("", 3_0000), kz("Beeline", 4_0000)} {
			err = errors.Join(err, i.Write(ctx, p))
			b.holds(t, "KZ  1.0000", "KZ Kcell 2.0000")
		}
		if err := errors.Join(err, i.Finish(ctx)); err != nil {
			t.Fatal(err)
		}
		b.holds(t, "KZ  3.0000", "KZ Beeline 4.0000", "KZ Kcell 2.0000")
	})
}

func TestAnImportThatIsBrokenOffChangesNothing(t *testing.T) {
	onBothBooks(t, func(t *testing.T, b *book) {
		load(t, b.Module, "KZ,,1,KZT")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.ImportCSV(ctx, strings.NewReader("KZ,,2,KZT")); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		b.holds(t, "KZ  1.0000")
	})
}

func TestAnImportThatStandsStillIsGivenUpAndLeavesNothing(t *testing.T) {
	onBothBooks(t, func(t *testing.T, b *book) {
		ctx := t.Context()
		dead, err := b.Begin(ctx)
		err = errors.Join(err, dead.Write(ctx, kz("dead", 1)))
		b.clock.Advance(40 * time.Second)
		slow, begun := b.Begin(ctx)
		if err := errors.Join(err, begun, slow.Write(ctx, kz("slow", 1))); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(40 * time.Second)
		load(t, b.Module, "KZ,,1,KZT")
		if n := b.rows(t); n != 2 {
			t.Errorf("%d rows stand, want those of the slow import and of the new one", n)
		}
		for _, err := range []error{dead.Write(ctx, kz("dead", 2)), dead.Finish(ctx)} {
			if !errors.Is(err, price.ErrGivenUp) {
				t.Errorf("the dead one goes on: %v", err)
			}
		}
		if err := slow.Finish(ctx); err != nil {
			t.Error(err)
		}
		b.holds(t, "KZ  1.0000", "KZ slow 0.0001")
	})
}

// TestPricesAreThoseOfTheImportsThatCameToTheirEnd whatever dies in between, and the
// table keeps one row for each.
func TestPricesAreThoseOfTheImportsThatCameToTheirEnd(t *testing.T) {
	onBothBooks(t, func(t *testing.T, b *book) {
		seed := rand.Uint64()
		t.Log("seed", seed)
		draw := rand.New(rand.NewPCG(seed, 0))
		prices := map[string]money.Amount{} // by operator
		for step := range 30 {
			operators := []string{"a", "b", "c", "d", "e"}[draw.IntN(5):]
			if draw.IntN(2) == 0 {
				b.dies(t, operators)
				b.clock.Advance(time.Duration(draw.IntN(90)) * time.Second)
			} else {
				b.imports(t, operators, money.Amount(step), prices)
			}
			b.holds(t, listing(prices)...)
		}
		b.clock.Advance(2 * time.Minute)
		b.imports(t, []string{"a"}, 1, prices)
		b.holds(t, listing(prices)...)
		if n := b.rows(t); n != int64(len(prices)) {
			t.Errorf("%d rows stand for %d prices", n, len(prices))
		}
	})
}

func (b *book) dies(t *testing.T, operators []string) {
	t.Helper()
	i, err := b.Begin(t.Context())
	for _, operator := range operators {
		err = errors.Join(err, i.Write(t.Context(), kz(operator, 12_3456)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (b *book) imports(t *testing.T, operators []string, amount money.Amount, prices map[string]money.Amount) {
	t.Helper()
	var lines []string
	for _, operator := range operators {
		prices[operator] = amount
		lines = append(lines, fmt.Sprintf("KZ,%s,%s,KZT", operator, amount))
	}
	load(t, b.Module, lines...)
}

// listing is what holds is to find.
func listing(prices map[string]money.Amount) (lines []string) {
	for _, operator := range slices.Sorted(maps.Keys(prices)) {
		lines = append(lines, "KZ "+operator+" "+prices[operator].String())
	}
	return lines
}
