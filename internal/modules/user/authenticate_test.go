package user_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var here = netip.MustParseAddr("10.1.2.3")

// refusal is the key of the text that a login is refused with, "" for none.
func (h *house) refusal(t *testing.T, key string, ip netip.Addr) (api.Code, string) {
	t.Helper()
	_, err := h.Authenticate(t.Context(), key, ip)
	var refused *api.Error
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if refused == nil {
		return api.CodeOK, ""
	}
	return refused.Code, refused.Key
}

func TestAKeyLetsItsAccountIn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, key := h.account(t, func(n *user.NewAccount) { n.Moderation = api.AlwaysModerated })
		if len(key) != 70 || !strings.HasPrefix(key, "kz") {
			t.Errorf("key %q, want kz and 68 hex digits", key)
		}
		keyID, scoped, err := h.CreateKey(t.Context(), id, user.KeyOptions{Scopes: []string{"user", "message:read"}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.Authenticate(t.Context(), scoped, here)
		if err != nil {
			t.Fatal(err)
		}
		a := p.Account
		if a.ID != id || a.Currency != "KZT" || a.Language != "en" || a.Location.String() != "Asia/Almaty" || a.Moderation != api.AlwaysModerated {
			t.Errorf("account %+v", a)
		}
		if p.KeyID != keyID || strings.Join(p.Scopes, " ") != "user message:read" {
			t.Errorf("key %d with %q, want %d", p.KeyID, p.Scopes, keyID)
		}
	})
}

// TestAKeyInUseIsLetInWhoeverGuessesAtItsAddress, whatever else changes meanwhile.
func TestAKeyInUseIsLetInWhoeverGuessesAtItsAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, key := h.account(t)
		_, unused := h.account(t)
		lets := func(key string, want api.Code) {
			t.Helper()
			if code, words := h.refusal(t, key, here); code != want {
				t.Errorf("%d %s, want %d", code, words, want)
			}
		}
		lets(key, api.CodeOK)
		for i := range 101 {
			h.refusal(t, fmt.Sprintf("kz%068d", i), here)
		}
		h.account(t) // has all that is known of keys read again
		lets(key, api.CodeOK)
		lets(unused, api.CodeRateLimit)
		if err := h.Block(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		lets(key, api.CodeAccountBlocked)
	})
}

func TestRefusalsSayWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		key := func(o user.KeyOptions) (int64, string) {
			owner, _ := h.account(t)
			_, key, err := h.CreateKey(ctx, owner, o)
			if err != nil {
				t.Fatal(err)
			}
			return owner, key
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, expired := key(user.KeyOptions{Expires: h.clock.Now().Add(time.Hour)})
		h.clock.Advance(time.Hour)
		_, inner := key(user.KeyOptions{IPs: []string{"10.0.0.0/8", "2001:db8::1"}})
		revokedID, revoked, err := h.CreateKey(ctx, 1, user.KeyOptions{})
		must(err)
		must(h.RevokeKey(ctx, revokedID))
		owner, blocked := key(user.KeyOptions{})
		must(h.Block(ctx, owner))
		owner, deleted := key(user.KeyOptions{})
		must(h.Delete(ctx, owner))
		owner, off := key(user.KeyOptions{})
		must(h.Set(ctx, owner, user.Changes{APIAccess: new(false)}))

		for _, c := range []struct {
			name, key, ip string
			code          api.Code
			text          string
		}{
			{"unknown", "kz" + strings.Repeat("0", 68), "10.1.2.3", 8, "login.unknown"},
			{"far too long", strings.Repeat("a", 10_000), "10.1.2.3", 8, "login.unknown"},
			{"expired", expired, "10.1.2.3", 8, "login.expired"},
			{"revoked", revoked, "10.1.2.3", 8, "login.revoked"},
			{"from outside", inner, "11.0.0.1", 8, "login.address"},
			{"from a listed network", inner, "10.255.0.1", 0, ""},
			{"from there, mapped into IPv6", inner, "::ffff:10.1.2.3", 0, ""},
			{"from a listed address", inner, "2001:db8::1", 0, ""},
			{"blocked", blocked, "10.1.2.3", 14, "error.accountBlocked"},
			{"deleted", deleted, "10.1.2.3", 14, "error.accountDeleted"},
			{"API access off", off, "10.1.2.3", 9, "access.off"},
		} {
			for range 2 { // from the database, then from memory
				code, text := h.refusal(t, c.key, netip.MustParseAddr(c.ip))
				if code != c.code || text != c.text {
					t.Errorf("%s: %d %s, want %d %s", c.name, code, text, c.code, c.text)
				}
			}
		}
	})
}

func TestChangesElsewhereTakeEffectAtTheNextLook(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, other := t.Context(), h.elsewhere(t)
		id, first := h.account(t)
		found, err := h.FindKey(ctx, first)
		if err != nil {
			t.Fatal(err)
		}
		later := "kz" + strings.Repeat("7", 68)
		steps := []struct {
			name   string
			change func() error
			key    string
			code   api.Code
		}{
			{"nothing", func() error { return nil }, first, 0},
			{"unknown as yet", func() error { return nil }, later, 8},
			{"made", func() error { _, _, err := other.CreateKey(ctx, id, user.KeyOptions{Key: later}); return err }, later, 0},
			{"blocked", func() error { return other.Block(ctx, id) }, first, 14},
			{"unblocked", func() error { return other.Unblock(ctx, id) }, first, 0},
			{"revoked", func() error { return other.RevokeKey(ctx, found.ID) }, first, 8},
		}
		for _, s := range steps {
			before, _ := h.refusal(t, s.key, here)
			if err := s.change(); err != nil {
				t.Fatal(s.name, err)
			}
			if code, _ := h.refusal(t, s.key, here); code != before {
				t.Errorf("%s: seen before the look: the test would show nothing", s.name)
			}
			h.look(t)
			if code, _ := h.refusal(t, s.key, here); code != s.code {
				t.Errorf("%s: code %d, want %d", s.name, code, s.code)
			}
			usable, err := h.Usable(ctx, id)
			if err != nil || usable != (s.name != "blocked") {
				t.Errorf("%s: usable %v, %v", s.name, usable, err)
			}
		}
	})
}

func TestAuthenticateDoesNotAllocate(t *testing.T) {
	h := newHouse(t, testkit.NewDatabase(t, "sqlite"))
	_, key := h.account(t)
	ctx := context.Background()
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := h.Authenticate(ctx, key, here); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 0 {
		t.Errorf("%v allocations for a known key, want none", allocations)
	}
}

func TestAnUnreachableDatabaseIsNoRefusal(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		var refused *api.Error
		if _, err := h.Authenticate(t.Context(), "kz"+strings.Repeat("1", 68), here); err == nil || errors.As(err, &refused) || errors.Is(err, db.ErrNotFound) {
			t.Errorf("%v, want the database's error", err)
		}
	})
}
