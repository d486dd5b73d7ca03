package user_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestGetOwnBalanceIsTheCommittedOne(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		door, err := api.New(api.Config{Modules: []api.Module{h.API()}, Auth: h.Module, Clock: h.clock.Now, Undeclared: testkit.Fails(t), Logger: nil})
		if err != nil {
			t.Fatal(err)
		}
		id, key := h.account(t, holding(1_904_280))
		ask := func(want string) {
			t.Helper()
			w := httptest.NewRecorder()
			door.ServeHTTP(w, httptest.NewRequest("GET", "/service/user/getownbalance?apiKey="+key, nil))
			var compact strings.Builder
			if err := json.NewEncoder(&compact).Encode(json.RawMessage(w.Body.Bytes())); err != nil || strings.TrimSpace(compact.String()) != want {
				t.Errorf("%s (%v), want %s", compact.String(), err, want)
			}
		}
		ask(`{"code":0,"data":{"balance":"190.4280","currency":"KZT"},"message":""}`)
		h.charge(t, &user.Charge{AccountID: id, Amount: 4280})
		ask(`{"code":0,"data":{"balance":"190.0000","currency":"KZT"},"message":""}`)
	})
}

func TestBadInputLeavesNoTrace(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id, key := h.account(t)
		gone, _ := h.account(t)
		if err := h.Delete(ctx, gone); err != nil {
			t.Fatal(err)
		}
		h.user(t, "eve")
		before := h.trace(t)
		create := func(change func(*user.NewAccount)) func() error {
			n := ann()
			change(&n)
			return func() error { _, _, err := h.CreateAccount(ctx, n); return err }
		}
		newKey := func(id int64, o user.KeyOptions) func() error {
			return func() error { _, _, err := h.CreateKey(ctx, id, o); return err }
		}
		topUp := func(id int64, amount money.Amount) func() error {
			return func() error { _, err := h.TopUp(ctx, id, amount); return err }
		}
		for _, c := range []struct {
			words string // the message must have them
			do    func() error
		}{
			{"name", create(func(n *user.NewAccount) { n.Name = " " })},
			{"name", create(func(n *user.NewAccount) { n.Name = "a\x00b" })},
			{"255 characters", create(func(n *user.NewAccount) { n.Name = strings.Repeat("я", 256) })},
			{"currency", create(func(n *user.NewAccount) { n.Currency = "TENGE" })},
			{`timezone "Mars"`, create(func(n *user.NewAccount) { n.Timezone = "Mars" })},
			{`timezone ""`, create(func(n *user.NewAccount) { n.Timezone = "" })},
			{`timezone "Local"`, create(func(n *user.NewAccount) { n.Timezone = "Local" })},
			{"en, ru, uk, kk, pt-BR", create(func(n *user.NewAccount) { n.Language = "de" })},
			{"negative", create(func(n *user.NewAccount) { n.Balance = -1 })},
			{"at most", create(func(n *user.NewAccount) { n.Balance = money.Max })},
			{"40 or 70", create(func(n *user.NewAccount) { n.Key = "short" })},
			{"exists", create(func(n *user.NewAccount) { n.Key = key })},
			{"exists", newKey(id, user.KeyOptions{Key: key})},
			{`scope "message:delete"`, newKey(id, user.KeyOptions{Scopes: []string{"user", "message:delete"}})},
			{`address "10.0.0.0/40"`, newKey(id, user.KeyOptions{IPs: []string{"10.0.0.0/40"}})},
			{`address "fe80::1%eth0"`, newKey(id, user.KeyOptions{IPs: []string{"fe80::1%eth0"}})},
			{"over already", newKey(id, user.KeyOptions{Expires: h.clock.Now().Add(-time.Hour)})},
			{"account 999: no such", newKey(999, user.KeyOptions{})},
			{"deleted", newKey(gone, user.KeyOptions{})},
			{"zero", topUp(id, 0)},
			{"negative", topUp(id, -1)},
			{"would be over", topUp(id, money.Max/4)},
			{"account 999: no such", topUp(999, 1)},
			{"deleted", topUp(gone, 1)},
			{"no such", func() error { return h.Block(ctx, 999) }},
			{"deleted", func() error { return h.Unblock(ctx, gone) }},
			{"nothing", func() error { return h.Set(ctx, id, user.Changes{}) }},
			{"language", func() error { return h.Set(ctx, id, user.Changes{Name: new("B"), Language: new("de")}) }},
			{"timezone", func() error { return h.Set(ctx, id, user.Changes{Login: new("bob"), Timezone: new("Foo/Bar")}) }},
			{"login: must have", func() error { return h.Set(ctx, id, user.Changes{Name: new("B"), Login: new("b b")}) }},
			{"another account has this login", func() error { return h.Set(ctx, id, user.Changes{Name: new("B"), Login: new("eve")}) }},
			{"no such key", func() error { return h.RevokeKey(ctx, 999) }},
			{"prefix", func() error { return h.SetCell(ctx, user.Cell{Prefix: "K1", Domain: "a.example"}) }},
			{"domain", func() error { return h.SetCell(ctx, user.Cell{Prefix: "kz", Domain: "https://a.example"}) }},
		} {
			err := c.do()
			if err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v, want an error with %q", err, c.words)
			}
			if after := h.trace(t); after != before {
				t.Fatalf("%v: left a trace: %v, was %v", err, after, before)
			}
		}
	})
}

// trace is what would differ if anything had been written.
func (h *house) trace(t *testing.T) (counts [6]int64) {
	t.Helper()
	for i, query := range []string{
		`SELECT count(*) FROM account`, `SELECT count(*) FROM api_key`, `SELECT count(*) FROM ledger`, `SELECT count(*) FROM account_login`,
		`SELECT count(*) FROM cell`, `SELECT CAST(coalesce(sum(version), 0) AS bigint) FROM version`,
	} {
		counts[i] = h.count(t, query)
	}
	return counts
}

func TestSetChangesOnlyWhatIsGiven(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, _ := h.account(t)
		if err := h.Set(t.Context(), id, user.Changes{Timezone: new("America/Sao_Paulo"), Moderation: new(api.ModeratedByRules)}); err != nil {
			t.Fatal(err)
		}
		o, err := h.Show(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if o.Name != "Ann" || o.Language != "en" || o.Timezone != "America/Sao_Paulo" || o.Moderation != api.ModeratedByRules || !o.APIAccess || o.Balance != 1_000_000 {
			t.Errorf("%+v", o)
		}
		all, err := h.List(t.Context())
		if err != nil || len(all) != 1 || all[0].Location.String() != "America/Sao_Paulo" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// TestADeletedAccountLeavesItsLoginToOthers, and no password with it. Until then whoever
// logs in is told that the account is deleted.
func TestADeletedAccountLeavesItsLoginToOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner := h.user(t, "bob")
		other, _ := h.account(t)
		takes := func() error { return h.Set(t.Context(), other, user.Changes{Login: new("Bob")}) }
		logsIn := func(want api.Code) {
			t.Helper()
			if got := h.ask(t, "login", credentials("bob", password)); got.Code != want {
				t.Errorf("%d %s, want %d", got.Code, got.Message, want)
			}
		}
		if err := takes(); !errors.Is(err, user.ErrLoginTaken) {
			t.Errorf("the login of an account that lives: %v", err)
		}
		if err := h.Delete(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		logsIn(api.CodeAccountBlocked)
		if err := takes(); err != nil {
			t.Fatal(err)
		}
		logsIn(api.CodeLogin)
		for id, want := range map[int64]string{owner: "", other: "bob"} {
			if o, err := h.Show(t.Context(), id); err != nil || o.Login != want {
				t.Errorf("account %d has the login %q, want %q; %v", id, o.Login, want, err)
			}
		}
	})
}

func TestKeysAreStoredOnlyAsHashes(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		if err := h.SetCell(ctx, user.Cell{Prefix: "br", Domain: "api.br.example"}); err != nil {
			t.Fatal(err)
		}
		id, key := h.account(t)
		if cell, err := h.Cell(ctx); err != nil || cell.Domain != "api.br.example" || !strings.HasPrefix(key, "br") {
			t.Errorf("cell %v, %v; key %.2s…", cell, err, key)
		}
		if n := h.count(t, `SELECT count(*) FROM api_key WHERE hash LIKE $1`, "%"+key[2:20]+"%"); n != 0 {
			t.Error("the key is there to be read")
		}
		keyID, given, err := h.CreateKey(ctx, id, user.KeyOptions{
			Key: strings.Repeat("c0de", 10), IPs: []string{"10.1.2.3/8", "::ffff:192.0.2.7"}, Expires: h.clock.Now().Add(time.Hour),
		})
		if err != nil || given != strings.Repeat("c0de", 10) {
			t.Fatal(given, err)
		}
		found, err := h.FindKey(ctx, given)
		if err != nil || found.ID != keyID || found.AccountID != id || strings.Join(found.IPs, " ") != "10.0.0.0/8 192.0.2.7/32" {
			t.Errorf("%+v, %v", found, err)
		}
		if err := h.RevokeKey(ctx, keyID); err != nil {
			t.Fatal(err)
		}
		keys, err := h.ListKeys(ctx, id)
		if err != nil || len(keys) != 2 || keys[0].Revoked != 0 || keys[1].Revoked != h.clock.Now().UnixMilli() {
			t.Errorf("%+v, %v", keys, err)
		}
		if _, err := h.ListKeys(ctx, 999); !errors.Is(err, user.ErrNoAccount) {
			t.Error(err)
		}
		if _, err := h.FindKey(ctx, "none"); !errors.Is(err, user.ErrNoKey) {
			t.Error(err)
		}
	})
}

func TestAccountsMadeAtOnceHaveIdsOfTheirOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		var wg sync.WaitGroup
		var ids sync.Map
		for range 8 {
			wg.Go(func() {
				id, _, err := h.CreateAccount(t.Context(), ann())
				if _, taken := ids.LoadOrStore(id, true); taken || err != nil || id < 1 || id > 8 {
					t.Errorf("id %d, %v", id, err)
				}
			})
		}
		wg.Wait()
		h.mustBalance(t)
	})
}
