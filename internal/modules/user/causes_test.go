package user_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// A cause is a way to be kept out, before any method is asked.
type cause struct {
	name, says string // says names the words; causes that must look alike say the same
	code       api.Code
	known      bool // the account is: the words are in its language, else in the operator's
	retry      bool
	call       func(r *visit)
}

// A visit is a call from an address of its own, to be made ready by a cause.
type visit struct {
	*street
	method  string
	fields  url.Values
	headers []string
	ip      string
}

// words of each cause, in English and in Russian.
var words = map[string][2]string{
	"missing":  {"There is no API key in the request.", "В запросе нет ключа API."},
	"unknown":  {"The API key is not known.", "Неизвестный ключ API."},
	"revoked":  {"The API key was revoked.", "Ключ API отозван."},
	"expired":  {"The API key has expired.", "Срок действия ключа API истёк."},
	"address":  {"The API key can't be used from this address.", "Ключ API нельзя использовать с этого адреса."},
	"over":     {"The session has expired: log in again.", "Срок сессии истёк: войдите снова."},
	"closed":   {"The session was closed: log in again.", "Сессия закрыта: войдите снова."},
	"ended":    {"The operator closed the session: log in again.", "Оператор закрыл сессию: войдите снова."},
	"password": {"The login or the password is wrong.", "Неверный логин или пароль."},
	"page":     {"A call with a session's cookie must come from our own pages.", "Вызов с cookie сессии должен идти с наших страниц."},
	"no login": {"The call came by an API key: there is no session to close.", "Вызов сделан с ключом API: нет сессии, которую можно закрыть."},
	"off":      {"API access is switched off for this account.", "Доступ к API для этого аккаунта отключён."},
	"scope":    {"The API key does not cover this method.", "Права ключа API не распространяются на этот метод."},
	"cell":     {"This API key belongs to another server: api.br.example.", "Этот ключ API выдан другим сервером: api.br.example."},
	"blocked":  {"The account is blocked.", "Аккаунт заблокирован."},
	"deleted":  {"The account is deleted.", "Аккаунт удалён."},
	"limit":    {"Too many calls. Try again in 60 seconds.", "Слишком много запросов. Повторите через 60 секунд."},
	"guessing": {"Too many calls. Try again in 1 second.", "Слишком много запросов. Повторите через 1 секунду."},
}

// causes of the codes 8, 9, 13, 14 and 30. What a stolen or an old key belongs to, and
// which logins there are, nobody is told.
var causes = []cause{
	{"no key", "missing", 8, false, false, func(*visit) {}},
	{"no key at all", "unknown", 8, false, false, func(v *visit) { v.by("open sesame") }},
	{"a key that nobody has", "unknown", 8, false, false, func(v *visit) { v.by("kz" + strings.Repeat("0", 68)) }},
	{"one of the old length", "unknown", 8, false, false, func(v *visit) { v.by(strings.Repeat("0", 40)) }},
	{"one of a cell that is not listed", "unknown", 8, false, false, func(v *visit) { v.by("ua" + strings.Repeat("0", 68)) }},
	{"one of a listed cell", "cell", 13, false, false, func(v *visit) { v.by("br" + strings.Repeat("0", 68)) }},
	{"a revoked key", "revoked", 8, true, false, func(v *visit) { v.by(v.revoked(v.resident())) }},
	{"a revoked key of a blocked account", "revoked", 8, true, false, func(v *visit) { v.by(v.revoked(v.blocked())) }},
	{"an expired key", "expired", 8, true, false, func(v *visit) { v.by(v.expired) }},
	{"a key from elsewhere", "address", 8, true, false, func(v *visit) { v.by(v.key(v.resident(), user.KeyOptions{IPs: []string{"192.0.2.1"}})) }},
	{"a session that is over", "over", 8, true, false, func(v *visit) { v.by(v.over) }},
	{"one closed by its user", "closed", 8, true, false, func(v *visit) { v.by(v.loggedOut()) }},
	{"one closed by the operator", "ended", 8, true, false, func(v *visit) { v.by(v.ended()) }},
	{"one ended by a new password", "ended", 8, true, false, func(v *visit) { v.by(v.outdated()) }},
	{"a wrong password", "password", 8, false, false, func(v *visit) { v.logsIn(v.login(v.resident()), "battery staple") }},
	{"an unknown login", "password", 8, false, false, func(v *visit) { v.logsIn("nobody", password) }},
	{"a login without a password", "password", 8, false, false, func(v *visit) { v.logsIn(v.bare(), password) }},
	{"a wrong password of a blocked account", "password", 8, false, false, func(v *visit) { v.logsIn(v.login(v.blocked()), "battery staple") }},
	{"the right one of a blocked account", "blocked", 14, true, false, func(v *visit) { v.logsIn(v.login(v.blocked()), password) }},
	{"a cookie from another page", "page", 8, false, false, func(v *visit) { v.cookie("cross-site") }},
	{"a key that logs out", "no login", 8, true, false, func(v *visit) { v.method = "logout"; v.by(v.key(v.resident(), user.KeyOptions{})) }},
	{"an account without the API", "off", 9, true, false, func(v *visit) { v.by(v.key(v.off(), user.KeyOptions{})) }},
	{"a key for something else", "scope", 9, true, false, func(v *visit) { v.by(v.key(v.resident(), user.KeyOptions{Scopes: []string{"message"}})) }},
	{"a blocked account", "blocked", 14, true, false, func(v *visit) { v.by(v.key(v.blocked(), user.KeyOptions{})) }},
	{"a deleted account", "deleted", 14, true, false, func(v *visit) { v.by(v.deleted()) }},
	{"an account's limit", "limit", 30, true, true, func(v *visit) { v.by(v.key(v.resident(), user.KeyOptions{})); v.make() }},
	{"unknown keys of an address", "guessing", 30, false, true, func(v *visit) { v.guessesKeys() }},
	{"passwords of a login", "guessing", 30, false, true, func(v *visit) { v.logsIn("somebody", password); v.repeat(6) }},
}

// TestEachCauseOfARefusalSaysItsOwnWords, in the account's language where there is one, and
// those that must not be told apart say the same.
func TestEachCauseOfARefusalSaysItsOwnWords(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for i, language := range []string{"en", "ru"} {
			s := h.street(t, language)
			said := map[string]string{}
			for n, c := range causes {
				v := &visit{street: s, method: "getOwnBalance", fields: url.Values{}, ip: fmt.Sprintf("10.%d.0.%d", i, n+1)}
				c.call(v)
				speaks := i
				if c.known {
					speaks = 1 - i // accounts speak the other language than the operator
				}
				v.heard(c, words[c.says][speaks])
				if other, ok := said[words[c.says][speaks]]; ok && other != c.says {
					t.Errorf("%s and %s say the same", c.says, other)
				}
				said[words[c.says][speaks]] = c.says
			}
		}
	})
}

// heard makes the call, which must be refused with the words.
func (v *visit) heard(c cause, want string) {
	v.t.Helper()
	got := v.make()
	data := "null"
	if c.code == api.CodeWrongServer {
		data = `"api.br.example"`
	}
	seconds, _ := strconv.Atoi(got.header.Get("Retry-After"))
	if got.Code != c.code || got.Message != want || string(got.Data) != data || (seconds > 0) != c.retry {
		v.t.Errorf("%s, by %s: %d %q with %s, Retry-After %d; want %d %q with %s", c.name, v.language, got.Code, got.Message, got.Data, seconds, c.code, want, data)
	}
	for _, secret := range []string{v.fields.Get("apiKey"), v.fields.Get("login"), v.fields.Get("password")} {
		if secret != "" && strings.Contains(got.Message, secret) {
			v.t.Errorf("%s repeats what the caller said: %q", c.name, got.Message)
		}
	}
}

// A street is a door of a house, whose operator speaks one language, and its accounts the
// other.
type street struct {
	*house
	t             *testing.T
	door          *api.Door
	language      string // the operator's
	expired, over string // a key and a session's token
}

func (h *house) street(t *testing.T, language string) *street {
	s := &street{house: h, t: t, language: language}
	s.door = h.open(t, func(c *api.Config) {
		c.DefaultLanguage, c.Peers = language, map[string]string{"br": "api.br.example"}
		c.Limits = api.Limits{"user.getOwnBalance": {Calls: 1, Period: time.Minute}}
	})
	s.expired = s.key(s.resident(), user.KeyOptions{Expires: h.clock.Now().Add(time.Hour)})
	s.over = s.session(s.login(s.resident()))
	h.clock.Advance(user.DefaultSessionLifetime)
	return s
}

func (s *street) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// resident is an account that doesn't speak the operator's language.
func (s *street) resident() int64 {
	id, _ := s.account(s.t, func(n *user.NewAccount) {
		if s.language == "en" {
			n.Language = "ru"
		}
	})
	return id
}

func (s *street) key(id int64, o user.KeyOptions) string {
	_, key, err := s.CreateKey(s.t.Context(), id, o)
	s.must(err)
	return key
}

func (s *street) revoked(id int64) string {
	keyID, key, err := s.CreateKey(s.t.Context(), id, user.KeyOptions{})
	s.must(errors.Join(err, s.RevokeKey(s.t.Context(), keyID)))
	return key
}

func (s *street) blocked() int64 {
	id := s.resident()
	s.must(s.Block(s.t.Context(), id))
	return id
}

func (s *street) off() int64 {
	id := s.resident()
	s.must(s.Set(s.t.Context(), id, user.Changes{APIAccess: new(false)}))
	return id
}

func (s *street) deleted() string {
	id := s.resident()
	key := s.key(id, user.KeyOptions{})
	s.must(s.Delete(s.t.Context(), id))
	return key
}

// login gives an account a login with the password.
func (s *street) login(id int64) string {
	login := fmt.Sprintf("%s-%d", s.language, id)
	s.must(errors.Join(s.Set(s.t.Context(), id, user.Changes{Login: new(login)}), s.SetPassword(s.t.Context(), id, password)))
	return login
}

func (s *street) bare() string {
	s.must(s.Set(s.t.Context(), s.resident(), user.Changes{Login: new("bare-" + s.language)}))
	return "bare-" + s.language
}

// session is the token of a new session.
func (s *street) session(login string) string {
	var opened struct{ Token string }
	got := put(s.t, s.door, request(s.t, "login", credentials(login, password)))
	s.must(json.Unmarshal(got.Data, &opened))
	return opened.Token
}

func (s *street) loggedOut() string {
	token := s.session(s.login(s.resident()))
	if got := put(s.t, s.door, request(s.t, "logout", url.Values{"apiKey": {token}})); got.Code != api.CodeOK {
		s.t.Errorf("logout: %d %s", got.Code, got.Message)
	}
	return token
}

func (s *street) ended() string {
	id := s.resident()
	token := s.session(s.login(id))
	s.must(s.CloseSessions(s.t.Context(), id))
	return token
}

func (s *street) outdated() string {
	id := s.resident()
	token := s.session(s.login(id))
	s.must(s.SetPassword(s.t.Context(), id, password))
	return token
}

func (v *visit) by(token string) { v.fields.Set("apiKey", token) }

func (v *visit) logsIn(login, password string) {
	v.method, v.fields = "login", credentials(login, password)
}

func (v *visit) cookie(site string) {
	token := v.session(v.login(v.resident()))
	v.headers = []string{"Sec-Fetch-Site", site, "Cookie", (&http.Cookie{Name: "heliograph_session", Value: token}).String()}
}

// make makes the call.
func (v *visit) make() answer {
	v.t.Helper()
	r := request(v.t, v.method, v.fields, v.headers...)
	r.RemoteAddr = v.ip + ":1"
	return put(v.t, v.door, r)
}

func (v *visit) repeat(times int) {
	for range times {
		v.make()
	}
}

// guessesKeys tries as many unknown keys as an address may, and one more.
func (v *visit) guessesKeys() {
	for i := range 101 {
		v.by(fmt.Sprintf("kz%068d", i))
		v.make()
	}
	v.by("kz" + strings.Repeat("9", 68))
}
