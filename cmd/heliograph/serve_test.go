package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestServerTellsWhatItIsAndHowItIs(t *testing.T) {
	sim := startSimulator(t, smsc.Config{})
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: sim.Addr()})
	server := s.serve()
	server.becomes(t, server.send(t, "77010000000", "Hello"), "DELIVRD")
	for _, page := range []struct{ path, contentType, has string }{
		{"/", "text/html; charset=utf-8", "Heliograph"},
		{"/healthz", "text/plain; charset=utf-8", "alive"},
		{"/readyz", "text/plain; charset=utf-8", "ready"},
		{"/metrics", "text/plain", "\nheliograph_carrier_bound{carrier=\"north\"} 1\n"},
		{"/metrics", "text/plain", "\nheliograph_messages_accepted_total 1\n"},
		{"/metrics", "text/plain", "\nheliograph_messages_final_total{status=\"DELIVRD\"} 1\n"},
	} {
		status, contentType, body := server.get(t, page.path)
		if status != http.StatusOK || !strings.HasPrefix(contentType, page.contentType) || !strings.Contains(body, page.has) {
			t.Errorf("%s: %d %s; want %q in\n%s", page.path, status, contentType, page.has, body)
		}
	}
	if status, _, _ := server.get(t, "/nowhere"); status != http.StatusNotFound {
		t.Errorf("/nowhere: %d", status)
	}
	if strings.Contains(server.errors.String(), server.key) {
		t.Error("the log has the key in it")
	}
	server.stop()
}

// TestAdministrationTakesEffectWithinASecond beside the running server.
func TestAdministrationTakesEffectWithinASecond(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"}) // where none answers
		server := s.serve()
		second := s.make("key", "create", "1")
		spare := newCaller(t, server.url, second.APIKey)
		const half = money.Amount(5000)
		told := func(balance money.Amount) string { return "0 " + balance.String() + " KZT" }
		steps := []struct {
			by      caller
			before  string
			command []string
			after   string
		}{
			{server.caller, told(opening), []string{"account", "topup", "1", "0.5"}, told(opening + half)},
			{spare, told(opening + half), []string{"key", "revoke", second.ID}, "8"},
			{server.caller, told(opening + half), []string{"account", "block", "1"}, "14"},
			{server.caller, "14", []string{"account", "unblock", "1"}, told(opening + half)},
		}
		for _, step := range steps {
			step.by.answers(t, step.before)
			s.run(step.command...)
			step.by.answers(t, step.after)
		}
		server.stop()
	})
}

// answers waits, for a second at most, until a call is answered with the code and
// the balance.
func (c caller) answers(t *testing.T, want string) {
	t.Helper()
	testkit.Eventually(t, time.Second, func() error {
		var own struct{ Balance, Currency string }
		r, err := c.try("user/getOwnBalance")
		_ = json.Unmarshal(r.Data, &own) // null where there is none
		got := strings.TrimSpace(fmt.Sprint(r.Code, " ", own.Balance, " ", own.Currency))
		if err == nil && got != want {
			err = fmt.Errorf("answered %q %s, want %q", got, r.Message, want)
		}
		return err
	})
}

// TestBadInputLeavesNoTrace sends what the contract refuses over real HTTP, to the
// modules' own rules and to the door's.
func TestBadInputLeavesNoTrace(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		poor := s.make("account", "create", "--name", "Poor", "--currency", "KZT", "--balance", "16.1999").APIKey
		server := s.serve()
		const ok = "recipient=77010000000&text=Hello&"
		tests := []struct {
			name, form string
			code       int
			has        string // in the answer
		}{
			{"invalid UTF-8", "recipient=77010000000&text=%ff", 12, `"data":null`},
			{"an overlong number of keys", ok + strings.Repeat("a&", 10_001), 12, `"data":null`},
			{"too deep", ok + "a[b][c][d][e][f][g][h][i][j]=1", 12, `"data":null`},
			{"another format", ok + "output=yaml", 6, `"data":null`},
			{"another version", ok + "api=v2", 12, `"data":null`},
			{"no text", "recipient=77010000000", 11, "text"},
			{"an empty text", "recipient=77010000000&text=", 1, `{"text":["`},
			{"no number", "recipient=nobody&text=Hello", 1, `{"recipient":["`},
			{"an unknown country", "recipient=99900000000&text=Hello", 1, `{"recipient":["`},
			{"no price", "recipient=4915112345678&text=Hello", 1, `{"recipient":["`},
			{"too long a text", "recipient=77010000000&text=" + strings.Repeat("x", 1531), 1, `{"text":["`},
			{"an ISO timestamp", ok + "params[deferredToTs]=2030-01-01T00:00:00Z", 1, `{"`},
			{"an odd validity", ok + "params[validity]=1", 1, `{"`},
			{"no money", ok + "apiKey=" + poor, 15, `"data":null`},
			{"no key", ok + "apiKey=", 8, `"data":null`},
		}
		for _, tt := range tests {
			code, body := server.post(t, "message/sendSmsMessage", "apiKey="+server.key+"&"+tt.form)
			if code != strconv.Itoa(tt.code) || !strings.Contains(body, tt.has) {
				t.Errorf("%s: %s %s, want %d with %s", tt.name, code, body, tt.code, tt.has)
			}
		}
		b := s.settle()
		if len(b.messages) > 0 {
			t.Errorf("they left %v", b.messages)
		}
		b.balanced(t)
		server.stop()
	})
}

// doorman is a carrier that counts who knocks.
type doorman struct {
	*smsc.Simulator
	binds chan string // the password of each try
}

// Bind is part of smpp.Handler.
func (d *doorman) Bind(s *smpp.ServerSession, b *smpp.Bind) smpp.Status {
	d.binds <- b.Password
	return d.Simulator.Bind(s, b)
}

// guard lets a doorman answer for a simulator.
func guard(t *testing.T, sim *smsc.Simulator) (d *doorman, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d = &doorman{sim, make(chan string, 100)}
	smpps, gone := smpp.NewServer(smpp.ServerConfig{SystemID: "north"}, d), make(chan struct{})
	go func() { defer close(gone); _ = smpps.Serve(l) }()
	t.Cleanup(func() { smpps.Close(t.Context()); <-gone })
	return d, l.Addr().String()
}

// TestAWrongPasswordIsSeenAndRetriedSlowly: the server stays up and takes messages,
// which wait for the right password.
func TestAWrongPasswordIsSeenAndRetriedSlowly(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		north, addr := guard(t, startSimulator(t, smsc.Config{Password: "right"}))
		s := newSite(t, url, options{carrier: addr, password: "wrong"})
		server := s.serve()
		server.await(server.errors, `level=WARN msg="carrier link" carrier=north .*state=refused .*ESME_RINVPASWD`)
		<-north.binds
		id := server.send(t, "77010000000", "Hello")
		if _, _, metrics := server.get(t, "/metrics"); !strings.Contains(metrics, "\nheliograph_carrier_bound{carrier=\"north\"} 0\n") {
			t.Errorf("the metrics do not show that the carrier is not bound:\n%s", metrics)
		}
		if status, _, _ := server.get(t, "/readyz"); status != http.StatusOK {
			t.Errorf("readyz is %d: no carrier should bring the API down", status)
		}
		select {
		case <-north.binds:
			t.Error("another try within a second")
		case <-time.After(time.Second):
		}
		if got := server.statuses(t, id)[0].Status; got != "ENQUEUD" {
			t.Errorf("without a carrier the message is %s", got)
		}
		if strings.Contains(server.errors.String(), "wrong") {
			t.Error("the log has the password in it")
		}
		server.stop()

		s.configure(options{carrier: addr, password: "right"})
		server = s.serve()
		server.becomes(t, id, "DELIVRD")
		server.stop()
	})
}

func TestServeSaysWhyItDoesNotStart(t *testing.T) {
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: "127.0.0.1:1"})
	right, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	empty := "sqlite:" + s.file("empty.db", "")
	for _, tt := range []struct{ name, replace, with, want string }{
		{"an unknown key", "[server]", "[server]\ndrian = \"1s\"", `:\d+: unknown key server.drian$`},
		{"a wrong value", `drain = "`, `drain = "x`, `:\d+: server.drain: .*"x0s" is no duration`},
		{"no TOML", "[server]", "[server", `heliograph.toml:\d+: `},
		{"an unknown carrier", `carriers = ["north"]`, `carriers = ["south"]`, `route\[0\].carriers: no \[\[carrier\]\] is called "south"$`},
		{"a taken port", `"127.0.0.1:0"`, `"` + taken.Addr().String() + `"`, "http.listen: .*address already in use$"},
		{"no database", s.url, "sqlite:" + s.dir + "/none.db", "there is no database at .*none.db: run `heliograph migrate`$"},
		{"a folder", s.url, "sqlite:" + s.dir, "open sqlite:" + s.dir + ": .*unable to open"},
		{"a file that is no database", s.url, "sqlite:" + s.config, "heliograph.toml is not a usable SQLite database"},
		{"nobody there", s.url, "postgres://nobody@127.0.0.1:1/none", "open postgres://127.0.0.1:1/none: .*refused"},
		{"an old schema in sqlite", s.url, empty, "the database schema is not up to date: run `heliograph migrate`$"},
		{"an old schema in postgres", s.url, testkit.NewDatabase(t, "postgres"), "the database schema is not up to date: run `heliograph migrate`$"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.file("heliograph.toml", strings.Replace(string(right), tt.replace, tt.with, 1))
			complains(t, tt.want, "serve", "--config", s.config)
		})
	}
	complains(t, "none.toml: no such file", "serve", "--config", s.dir+"/none.toml")
}
