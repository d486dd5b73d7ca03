package user_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

func TestAnAccountKnowsTheCountriesItMayNotSendTo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, key := h.account(t, func(n *user.NewAccount) { n.Barred = "ru, KZ,ru" })
		knows := func(want ...string) {
			t.Helper()
			h.look(t)
			shown, err := h.Show(t.Context(), id)
			if err != nil || !slices.Equal(shown.Barred, want) {
				t.Errorf("%v, %v; want %v", shown, err, want)
			}
			p, err := h.Authenticate(t.Context(), key, netip.MustParseAddr("192.0.2.1"))
			if err != nil {
				t.Fatal(err)
			}
			for _, country := range []string{"KZ", "RU", "UA", ""} {
				if p.Account.Barred(country) != slices.Contains(want, country) {
					t.Errorf("%q is barred: %t, of %v", country, !slices.Contains(want, country), want)
				}
			}
		}
		set := func(c user.Changes) {
			t.Helper()
			if err := h.Set(t.Context(), id, c); err != nil {
				t.Fatal(err)
			}
		}
		knows("KZ", "RU")
		set(user.Changes{Name: new("Other")})
		knows("KZ", "RU")
		set(user.Changes{Barred: new("ua")})
		knows("UA")
		if err := h.Set(t.Context(), id, user.Changes{Name: new("Third"), Barred: new("KZ,XX")}); err == nil || !strings.Contains(err.Error(), `barred: country "XX"`) {
			t.Error(err)
		}
		knows("UA")
		set(user.Changes{Barred: new("")})
		knows()
	})
}
