package alphaname_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// rule is that of a country without one, changed.
func rule(country string, change func(*alphaname.Rule)) alphaname.Rule {
	r := alphaname.AnySender(country)
	change(&r)
	return r
}

// mustLoad starts the module with what stands in the database, and fails on what went
// wrong in setting that up.
func mustLoad(t *testing.T, m *alphaname.Module, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	start(t, m)
}

func TestACountrysRuleChoosesAmongSenders(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		ctx := t.Context()
		add(t, m, ann, "ACME", true)
		registered := add(t, m, ann, "REG", false)
		add(t, m, ann, "77001234567", false)
		add(t, m, bob, "BOB", false)
		add(t, m, alphaname.Shared, "Heliograph", false)
		add(t, m, alphaname.Shared, "1234", true)
		add(t, m, alphaname.Shared, "98765", false)
		errs := []error{m.Register(ctx, registered, []string{"RU", "UA"})}
		for _, r := range []alphaname.Rule{
			rule("US", func(r *alphaname.Rule) { r.Alphanumeric = false }),
			rule("FR", func(r *alphaname.Rule) { r.Numeric = false }),
			rule("DE", func(r *alphaname.Rule) { r.MinLength = 5 }),
			rule("IN", func(r *alphaname.Rule) { r.MinLength, r.MaxLength = 5, 5 }),
			rule("IT", func(r *alphaname.Rule) { r.MaxLength = 3 }),
			rule("RU", func(r *alphaname.Rule) { r.Registered = true }),
			rule("BR", func(r *alphaname.Rule) { r.MinLength = 12 }),
		} {
			errs = append(errs, m.SetRule(ctx, r))
		}
		mustLoad(t, m, errs...)
		for _, c := range []struct {
			name          string
			account       int64
			from, country string
			want          string // "" = none
		}{
			{"no rule: what was asked for", ann, "REG", "KZ", "REG"},
			{"no country: no rule", ann, "REG", "", "REG"},
			{"letters are not allowed: the default neither, a shared number", ann, "REG", "US", "1234"},
			{"a number of one's own is", ann, "77001234567", "US", "77001234567"},
			{"a shared number that is no default is", bob, "98765", "US", "98765"},
			{"numbers are not allowed: the default", ann, "77001234567", "FR", "ACME"},
			{"numbers are not allowed: the oldest shared name", bob, "1234", "FR", "Heliograph"},
			{"too short: the default too, nor the shared default", ann, "ACME", "DE", "Heliograph"},
			{"the only one of that length", bob, "BOB", "IN", "98765"},
			{"as short as can be", bob, "BOB", "IT", "BOB"},
			{"registered there", ann, "REG", "RU", "REG"},
			{"none that is registered is a default", ann, "ACME", "RU", ""},
			{"none asked for, none registered", bob, "", "RU", ""},
			{"a long one of another account's helps nobody", bob, "77001234567", "BR", ""},
		} {
			if got, ok := m.Resolve(c.account, c.from, c.country); got != c.want || ok != (c.want != "") {
				t.Errorf("%s: %q %v, want %q", c.name, got, ok, c.want)
			}
			if c.from != "" && m.Usable(c.account, c.from, c.country) != (c.want == c.from) {
				t.Errorf("%s: %q is usable: %t", c.name, c.from, c.want != c.from)
			}
		}
		if n := testing.AllocsPerRun(10, func() { m.Resolve(ann, "REG", "US") }); n > 0 {
			t.Errorf("%v allocations to choose a sender", n)
		}
	})
}

func TestRulesAreReplacedAndRemoved(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		ctx := t.Context()
		long := rule("KZ", func(r *alphaname.Rule) { r.MinLength = 7 })
		letters := rule("KZ", func(r *alphaname.Rule) { r.Numeric = false })
		other := rule("RU", func(r *alphaname.Rule) { r.Registered = true })
		if err := errors.Join(m.SetRule(ctx, other), m.SetRule(ctx, long), m.SetRule(ctx, letters)); err != nil {
			t.Fatal(err)
		}
		all, err := m.Rules(ctx)
		if err != nil || len(all) != 2 || all[0] != letters || all[1] != other {
			t.Errorf("%+v, %v", all, err)
		}
		if err := errors.Join(m.RemoveRule(ctx, "KZ"), m.RemoveRule(ctx, "RU")); err != nil {
			t.Error(err)
		}
		if err := m.RemoveRule(ctx, "KZ"); !errors.Is(err, alphaname.ErrNoRule) {
			t.Errorf("removed twice: %v", err)
		}
		if all, err := m.Rules(ctx); err != nil || len(all) > 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestARuleThatMakesNoSenseIsRefused(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		for _, c := range []struct {
			country string
			change  func(*alphaname.Rule)
			words   string
		}{
			{"XX", func(r *alphaname.Rule) { r.Numeric = false }, "ISO 3166"},
			{"kz", func(r *alphaname.Rule) { r.Numeric = false }, "ISO 3166"},
			{"KZ", func(r *alphaname.Rule) { r.Numeric, r.Alphanumeric = false, false }, "no sender at all"},
			{"KZ", func(r *alphaname.Rule) { r.MinLength = 0 }, "from 1 to 15"},
			{"KZ", func(r *alphaname.Rule) { r.MaxLength = 16 }, "from 1 to 15"},
			{"KZ", func(r *alphaname.Rule) { r.MinLength, r.MaxLength = 6, 5 }, "not over the maximum"},
			{"KZ", func(r *alphaname.Rule) {}, "any sender"},
		} {
			if err := m.SetRule(t.Context(), rule(c.country, c.change)); err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v, want an error with %q", err, c.words)
			}
		}
		if all, err := m.Rules(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
