package user_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const password = "correct horse"

// An answer is an envelope of the API.
type answer struct {
	Code    api.Code
	Data    json.RawMessage
	Message string
	header  http.Header
}

// open makes a door of the module.
func (h *house) open(t *testing.T, change ...func(*api.Config)) *api.Door {
	t.Helper()
	c := api.Config{Modules: []api.Module{h.API()}, Auth: h, Clock: h.clock.Now, CellPrefix: "kz",
		Logger: testkit.Logger(t), Undeclared: testkit.Fails(t)}
	for _, change := range change {
		change(&c)
	}
	door, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return door
}

// ask calls a method of the module over HTTP; headers are names and values in turn.
func (h *house) ask(t *testing.T, method string, fields url.Values, headers ...string) answer {
	t.Helper()
	r := request(t, method, fields, headers...)
	if h.from != "" {
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(h.from), 1).String()
	}
	return put(t, h.open(t), r)
}

func request(t *testing.T, method string, fields url.Values, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/service/user/"+method, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func put(t *testing.T, door *api.Door, r *http.Request) (got answer) {
	t.Helper()
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Error(err)
	}
	got.header = w.Header()
	return got
}

// user is an account with a login and the password.
func (h *house) user(t *testing.T, login string) int64 {
	t.Helper()
	id, _ := h.account(t)
	if err := errors.Join(h.Set(t.Context(), id, user.Changes{Login: new(login)}), h.SetPassword(t.Context(), id, password)); err != nil {
		t.Fatal(err)
	}
	return id
}

func credentials(login, password string) url.Values {
	return url.Values{"login": {login}, "password": {password}}
}

func (h *house) login(t *testing.T, login, password string) (token string) {
	t.Helper()
	var opened struct{ Token string }
	got := h.ask(t, "login", credentials(login, password))
	if err := json.Unmarshal(got.Data, &opened); got.Code != api.CodeOK || err != nil {
		t.Fatalf("login: %d %s, %v", got.Code, got.Message, err)
	}
	return opened.Token
}

// TestWhoeverLogsOutTwiceIsToldHowTheSessionEnded, on a node too that has not heard of it.
func TestWhoeverLogsOutTwiceIsToldHowTheSessionEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.user(t, "ann")
		for _, tt := range []struct {
			end   func(h *house, token string)
			words string
		}{
			{func(h *house, token string) { h.ask(t, "logout", url.Values{"apiKey": {token}}) }, "was closed"},
			{func(h *house, _ string) {
				if err := h.CloseSessions(t.Context(), 0); err != nil {
					t.Error(err)
				}
			}, "operator"},
		} {
			token, other := h.login(t, "ann", password), h.elsewhere(t)
			door := other.open(t)
			put(t, door, request(t, "getOwnBalance", url.Values{"apiKey": {token}}))
			tt.end(h, token)
			if got := put(t, door, request(t, "logout", url.Values{"apiKey": {token}})); got.Code != api.CodeLogin || !strings.Contains(got.Message, tt.words) {
				t.Errorf("%d %s, want the word %q", got.Code, got.Message, tt.words)
			}
		}
	})
}

func TestALoginToAnAccountThatWasJustDeletedIsToldSo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, other := h.user(t, "ann"), h.elsewhere(t)
		other.login(t, "ann", password) // knows the account
		if err := h.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got := other.ask(t, "login", credentials("ann", password)); got.Code != api.CodeAccountBlocked {
			t.Errorf("%d %s", got.Code, got.Message)
		}
	})
}

// modelled is what a session should be.
type modelled struct {
	token   string
	id      int64
	account int // of the two
	ends    time.Time
	closed  string // the words of its end; "" = open
}

// end closes it, if it is open: what ended a session first is what is told of it.
func (s *modelled) end(words string, now time.Time) {
	if s.words(now) == "" {
		s.closed = words
	}
}

func (s *modelled) words(now time.Time) string {
	if s.closed == "" && !now.Before(s.ends) {
		return "session.expired"
	}
	return s.closed
}

// TestATokenLetsInIffTheModelSaysSo, on two nodes, whatever happens to sessions.
func TestATokenLetsInIffTheModelSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, nodes := t.Context(), []*house{h, h.elsewhere(t)}
		logins := []string{"ann", "Боб"}
		accounts := []int64{h.user(t, logins[0]), h.user(t, logins[1])}
		var sessions []*modelled
		seed := rand.Uint64()
		dice := rand.New(rand.NewPCG(seed, 0))
		t.Logf("seed %d", seed)
		for step := range 40 {
			node, who := nodes[step%2], dice.IntN(2)
			var s *modelled
			if len(sessions) > 0 {
				s = sessions[dice.IntN(len(sessions))]
			}
			switch act := dice.IntN(8); {
			case s == nil || act < 3:
				token := node.login(t, strings.ToUpper(logins[who]), password)
				list, err := h.ListSessions(ctx, accounts[who])
				if err != nil {
					t.Fatal(err)
				}
				sessions = append(sessions, &modelled{token, list[0].ID, who, h.clock.Now().Add(user.DefaultSessionLifetime), ""})
			case act < 5:
				wants := s.words(h.clock.Now()) == ""
				if got := node.ask(t, "logout", url.Values{"apiKey": {s.token}}); (got.Code == api.CodeOK) != wants {
					t.Fatalf("logout: %d %s, want success: %v", got.Code, got.Message, wants)
				}
				if wants {
					s.end("session.closed", h.clock.Now())
				}
			case act == 5:
				if err := node.CloseSession(ctx, s.id); err != nil && !errors.Is(err, user.ErrNoSession) {
					t.Fatal(err)
				}
				s.end("session.closedByOperator", h.clock.Now())
			case act == 6 && dice.IntN(3) == 0:
				if err := node.SetPassword(ctx, accounts[who], password); err != nil {
					t.Fatal(err)
				}
				for _, each := range sessions {
					if each.account == who {
						each.end("session.closedByOperator", h.clock.Now())
					}
				}
			default:
				h.clock.Advance(5 * time.Hour)
			}
			h.compare(t, nodes[1], sessions)
		}
	})
}

// compare asks both nodes about each session.
func (h *house) compare(t *testing.T, other *house, sessions []*modelled) {
	t.Helper()
	h.look(t)
	other.look(t)
	for _, s := range sessions {
		want := s.words(h.clock.Now())
		if _, got := h.refusal(t, s.token, here); got != want {
			t.Fatalf("session %d: %q, want %q", s.id, got, want)
		}
		if _, got := other.refusal(t, s.token, here); got != want {
			t.Fatalf("session %d on the other node: %q, want %q", s.id, got, want)
		}
	}
}

func TestAnUnknownLoginCostsAsMuchAsAWrongPassword(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.user(t, "ann")
		bare, _ := h.account(t)
		if err := h.Set(t.Context(), bare, user.Changes{Login: new("without")}); err != nil {
			t.Fatal(err)
		}
		hashes, message := 0, ""
		h.OnHash(func() { hashes++ })
		for _, c := range []url.Values{credentials("ann", "wrong"), credentials("nobody", "wrong"),
			credentials("without", "wrong"), credentials("ann", strings.Repeat("x", 5000))} {
			hashes = 0
			got := h.ask(t, "login", c)
			if got.Code != api.CodeLogin || hashes != 1 || message != "" && got.Message != message {
				t.Errorf("%s: %d %q with %d hashes", c.Get("login"), got.Code, got.Message, hashes)
			}
			message = got.Message
		}
	})
}

func TestAnAddressOfManyUnknownKeysIsNotLookedUp(t *testing.T) {
	h := newHouse(t, testkit.NewDatabase(t, "sqlite"))
	_, key := h.account(t)
	guess := func(n byte, ip string) api.Code {
		code, _ := h.refusal(t, "kz"+strings.Repeat(string('0'+n%10), 68), netip.MustParseAddr(ip))
		return code
	}
	const mine, neighbour, stranger = "2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"
	for i := range 101 {
		guess(byte(i), mine)
	}
	for ip, want := range map[string]api.Code{mine: api.CodeRateLimit, neighbour: api.CodeRateLimit, stranger: api.CodeLogin} {
		if code := guess(1, ip); code != want {
			t.Errorf("from %s: code %d, want %d", ip, code, want)
		}
	}
	for _, ip := range []string{stranger, mine} { // from the second time on it is in memory
		if code, _ := h.refusal(t, key, netip.MustParseAddr(ip)); code != api.CodeOK {
			t.Errorf("a known key from %s: code %d", ip, code)
		}
	}
}

func TestACookieCountsOnOurOwnPagesAlone(t *testing.T) {
	h := newHouse(t, testkit.NewDatabase(t, "sqlite"))
	h.user(t, "ann")
	if got := h.ask(t, "login", credentials("ann", password)); got.header.Get("Set-Cookie") != "" {
		t.Error("a program was given a cookie")
	}
	got := h.ask(t, "login", credentials("ann", password), "Sec-Fetch-Site", "same-origin", "Origin", "https://example.com")
	set := got.header.Get("Set-Cookie")
	for _, part := range []string{"; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/service/"} {
		if !strings.Contains(set, part) {
			t.Errorf("the cookie lacks %q", part)
		}
	}
	value, _, _ := strings.Cut(set, ";")
	_, key := h.account(t)
	for _, c := range []struct {
		name    string
		headers []string
		fields  url.Values
		code    api.Code
	}{
		{"our page", []string{"Sec-Fetch-Site", "same-origin"}, nil, 0},
		{"our page in an old browser", []string{"Origin", "http://example.com"}, nil, 0},
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, nil, 8},
		{"a sister domain", []string{"Sec-Fetch-Site", "same-site"}, nil, 8},
		{"an address that was followed", []string{"Sec-Fetch-Site", "none"}, nil, 8},
		{"another site in an old browser", []string{"Origin", "http://evil.example"}, nil, 8},
		{"who says nothing", nil, nil, 8},
		{"another site with a key of its own", []string{"Sec-Fetch-Site", "cross-site"}, url.Values{"apiKey": {key}}, 0},
	} {
		if got := h.ask(t, "getOwnBalance", c.fields, append(c.headers, "Cookie", value)...); got.Code != c.code {
			t.Errorf("%s: code %d %s, want %d", c.name, got.Code, got.Message, c.code)
		}
	}
	if got := h.ask(t, "logout", url.Values{"apiKey": {key}}); got.Code != api.CodeLogin {
		t.Errorf("a key logged out: %d", got.Code)
	}
}

func TestLoginRefusesAccountsThatCouldNotUseIt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for login, c := range map[string]struct {
			change func(id int64) error
			code   api.Code
		}{
			"blocked": {func(id int64) error { return h.Block(t.Context(), id) }, api.CodeAccountBlocked},
			"deleted": {func(id int64) error { return h.Delete(t.Context(), id) }, api.CodeAccountBlocked},
			"off":     {func(id int64) error { return h.Set(t.Context(), id, user.Changes{APIAccess: new(false)}) }, api.CodeAccess},
		} {
			if err := c.change(h.user(t, login)); err != nil {
				t.Fatal(err)
			}
			if got := h.ask(t, "login", credentials(login, password)); got.Code != c.code {
				t.Errorf("%s: code %d %s, want %d", login, got.Code, got.Message, c.code)
			}
		}
		other, _ := h.account(t)
		if err := h.Set(t.Context(), other, user.Changes{Login: new("OFF")}); !errors.Is(err, user.ErrLoginTaken) {
			t.Errorf("a login of another account: %v", err)
		}
		if err := h.SetPassword(t.Context(), other, password); !errors.Is(err, user.ErrNoLogin) {
			t.Errorf("a password without a login: %v", err)
		}
	})
}
