package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// Words that the holder of a token or a key gets.
const (
	closedByOperator = "The operator closed the session: log in again."
	keyRevoked       = "The API key was revoked."
)

// password gives the site's account a password, as its operator does: by standard input.
func (s *site) password(account, password string) {
	s.t.Helper()
	cmd := exec.Command("heliograph", "account", "password", account, "--config", s.config)
	cmd.Stdin = strings.NewReader(password + "\n")
	if p := startProcess(s.t, cmd); p.exit(patience) != exitDone {
		s.t.Fatalf("%s: %s", p.name, p.errors.tail())
	}
}

// login opens a session and gives a caller whose calls come by it.
func (c caller) login(t *testing.T, login, password string) caller {
	t.Helper()
	var opened struct{ Token string }
	c.call(t, 0, &opened, "user/login", "login", login, "password", password)
	c.key = opened.Token
	return c
}

// refusedWith waits, for a second at most, until calls are answered with 8 and the words.
func (c caller) refusedWith(t *testing.T, words string) {
	t.Helper()
	testkit.Eventually(t, time.Second, func() error {
		r, err := c.try("user/getOwnBalance")
		if err == nil && (r.Code != 8 || r.Message != words) {
			err = fmt.Errorf("code %d %q, want 8 %q", r.Code, r.Message, words)
		}
		return err
	})
}

// sessions are what `session list` prints, by id: closed or not.
func (s *site) sessions(args ...string) (closed map[string]bool) {
	s.t.Helper()
	var all []struct {
		ID     string
		Closed *string
	}
	if err := json.Unmarshal([]byte(s.run(append([]string{"session", "list", "--json"}, args...)...)), &all); err != nil {
		s.t.Fatal(err)
	}
	closed = map[string]bool{}
	for _, each := range all {
		closed[each.ID] = each.Closed != nil
	}
	return closed
}

// TestSessionsAreClosedByCommandsBesideTheServer, by each form of them and by a new password:
// their holders are told who it was, and nobody else's session ends.
func TestSessionsAreClosedByCommandsBesideTheServer(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, options{carrier: "127.0.0.1:1"}) // where none answers
		s.make("account", "create", "--name", "Bob", "--currency", "KZT")
		server := s.serve()
		const old, changed = "correct horse", "battery staple"
		for account, login := range map[string]string{"1": "ann", "2": "bob"} {
			s.run("account", "set", account, "--login", login)
			s.password(account, old)
		}
		enter := func(login string) caller { return server.login(t, login, old) }
		first, second, third, bobs := enter("ann"), enter("ann"), enter("ann"), enter("bob")
		stays := func(callers ...caller) {
			t.Helper()
			for _, c := range callers {
				c.balance(t)
			}
		}
		stays(first, second, third, bobs)
		if got := s.sessions(); len(got) != 4 || got["1"] || got["4"] {
			t.Errorf("sessions, and whether they are closed: %v", got)
		}

		s.run("session", "close", "1")
		first.refusedWith(t, closedByOperator)
		stays(second, third, bobs)
		if got := s.sessions("--account", "1"); len(got) != 3 || !got["1"] || got["2"] {
			t.Errorf("sessions of account 1, and whether they are closed: %v", got)
		}
		s.run("session", "close", "--account", "1")
		second.refusedWith(t, closedByOperator)
		third.refusedWith(t, closedByOperator)
		stays(bobs)

		fourth := enter("ann")
		s.password("1", changed)
		fourth.refusedWith(t, closedByOperator)
		server.call(t, 8, nil, "user/login", "login", "ann", "password", old)
		fifth := server.login(t, "ann", changed)
		stays(fifth, bobs, server.caller)
		s.run("session", "close", "--all")
		fifth.refusedWith(t, closedByOperator)
		bobs.refusedWith(t, closedByOperator)
		stays(server.caller) // comes by a key
		complains(t, "no open session", "session", "close", "1", "--config", s.config)
		server.stop()
	})
}

// TestAccessIsTakenAndGivenByCommandsBesideTheServer within a second, with words for each.
func TestAccessIsTakenAndGivenByCommandsBesideTheServer(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		bob := s.make("account", "create", "--name", "Bob", "--currency", "KZT")
		key := s.make("key", "create", "1")
		his, spare := newCaller(t, server.url, bob.APIKey), newCaller(t, server.url, key.APIKey)
		his.answers(t, "0 0.0000 KZT") // a key that is younger than the server
		spare.balance(t)
		s.run("key", "revoke", key.ID)
		spare.refusedWith(t, keyRevoked)
		s.run("account", "set", bob.ID, "--no-api-access")
		his.answers(t, "9")
		s.run("account", "set", bob.ID, "--api-access")
		his.answers(t, "0 0.0000 KZT")
		s.run("account", "delete", bob.ID)
		his.answers(t, "14")
		server.balance(t)
		server.stop()
	})
}

// follows waits, for a second at most, until a short link is answered with the status.
func (c caller) follows(t *testing.T, shortLink string, status int) {
	t.Helper()
	at, err := url.Parse(shortLink)
	if err != nil {
		t.Fatal(err)
	}
	browser := *c.http
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	testkit.Eventually(t, time.Second, func() error {
		resp, err := browser.Get(c.url + at.Path)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != status {
			return fmt.Errorf("%s: HTTP %s, want %d", shortLink, resp.Status, status)
		}
		return nil
	})
}

// TestLinksAreBlockedByCommandsBesideTheServer: one by its id or its code, or all that lead to
// a domain; each leads on again once that is undone.
func TestLinksAreBlockedByCommandsBesideTheServer(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		create := func(code int, to string) (made struct{ ID, Code, ShortLink string }) {
			t.Helper()
			server.call(t, code, &made, "link/create", "data[fullLink]", to)
			return made
		}
		one, other := create(0, "https://shop.example/sale"), create(0, "https://news.example/")
		server.follows(t, one.ShortLink, http.StatusFound)
		for _, name := range []string{one.ID, one.Code} {
			s.run("link", "block", name)
			server.follows(t, one.ShortLink, http.StatusNotFound)
			server.follows(t, other.ShortLink, http.StatusFound)
			var got struct{ ModeratorStatus string }
			if server.call(t, 0, &got, "link/get", "id", one.ID); got.ModeratorStatus != "0" {
				t.Errorf("a blocked link has the moderator's status %s", got.ModeratorStatus)
			}
			s.run("link", "unblock", name)
			server.follows(t, one.ShortLink, http.StatusFound)
		}
		s.run("link", "domain", "block", "shop.example")
		server.follows(t, one.ShortLink, http.StatusNotFound)
		server.follows(t, other.ShortLink, http.StatusFound)
		create(1, "https://www.shop.example/more")
		s.run("link", "domain", "unblock", "shop.example")
		server.follows(t, one.ShortLink, http.StatusFound)
		create(0, "https://www.shop.example/more")
		server.stop()
	})
}
