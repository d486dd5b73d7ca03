package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// What a site's account begins with, and what it pays for a segment to Kazakhstan.
const (
	opening      = money.Amount(100_000_000_0000)
	segmentPrice = money.Amount(16_2000)
)

// options are what tests choose of a site's configuration.
type options struct {
	carrier       string // its address
	password      string // for the carrier
	window, binds int    // default 10 and 1
	drain         time.Duration
	stopTimeout   time.Duration // default 10 s
	held          int           // default 10 000
	inDoubt       string        // default resend
	webhooks      string        // a network that they may reach; empty = no inner one
}

// loopback4 is where tests' receivers are.
const loopback4 = "127.0.0.1/32"

// site is a place set up to run a server in, as an operator does it: a
// configuration, a migrated database, prices, a shared sender, an account.
type site struct {
	t      *testing.T
	dir    string
	url    string // of the database
	config string // the file
	key    string // of account 1
}

func newSite(t *testing.T, url string, o options) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t, dir: dir, url: url, config: filepath.Join(dir, "heliograph.toml")}
	s.configure(o)
	prices := s.file("prices.csv", "countryA2,operator,price,currency\nKZ,,"+segmentPrice.String()+",KZT\n")
	s.run("migrate")
	s.run("price", "import", prices)
	s.run("sender", "add", "--shared", "Heliograph")
	s.key = s.make("account", "create", "--name", "Ann", "--currency", "KZT", "--timezone", "Asia/Almaty",
		"--language", "en", "--balance", opening.String()).APIKey
	return s
}

const configuration = `
[http]
listen = "127.0.0.1:0"
[server]
drain = %q
stop_timeout = %q
[database]
url = %q
[cell]
prefix = "kz"
domain = "api.kz.example"
[limits]
send = "0"
default = "0"
[message]
held = %d
[[carrier]]
name = "north"
address = %q
system_id = "heliograph"
password = %q
window = %d
binds = %d
in_doubt = %q
[[route]]
carriers = ["north"]
`

// configure writes the configuration, for the servers started from now on.
func (s *site) configure(o options) {
	s.t.Helper()
	text := fmt.Sprintf(configuration, o.drain, cmp.Or(o.stopTimeout, 10*time.Second), s.url,
		cmp.Or(o.held, 10_000), o.carrier, o.password, cmp.Or(o.window, 10), cmp.Or(o.binds, 1), cmp.Or(o.inDoubt, "resend"))
	if o.webhooks != "" {
		text += fmt.Sprintf("[webhook]\nallow = [%q]\n", o.webhooks)
	}
	s.file(filepath.Base(s.config), text)
}

// file writes a file of the site and gives its path.
func (s *site) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// run runs a command of administration on the site.
func (s *site) run(args ...string) string {
	s.t.Helper()
	return succeed(s.t, append(args, "--config", s.config)...)
}

// made is what `account create --json` and `key create --json` print.
type made struct{ ID, APIKey string }

// make runs a command that makes an account or a key.
func (s *site) make(args ...string) made {
	s.t.Helper()
	var m made
	if err := json.Unmarshal([]byte(s.run(append(args, "--json")...)), &m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// serving is `heliograph serve`, running.
type serving struct {
	*process
	caller // with the key of the site's account
}

// serve starts a server, with more in its environment, and waits until it listens.
func (s *site) serve(environ ...string) *serving {
	s.t.Helper()
	return s.served(launchWith(s.t, environ, "serve", "--config", s.config))
}

// served waits until the server listens that the process is.
func (s *site) served(p *process) *serving {
	s.t.Helper()
	addr := p.await(p.errors, `msg=serving address=(\S+)`)[1]
	return &serving{p, newCaller(s.t, "http://"+addr, s.key)}
}

// read reads the site's database, beside the server.
func (s *site) read(work func(q *db.Reader) error) {
	s.t.Helper()
	d, err := db.Open(s.t.Context(), s.url, db.Options{Logger: testkit.Logger(s.t)})
	if err == nil {
		err = d.Read(s.t.Context(), work)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// startSimulator runs a carrier in the test's own process.
func startSimulator(t *testing.T, c smsc.Config) *smsc.Simulator {
	t.Helper()
	c.Decode, c.Logger = decodeText, testkit.Logger(t)
	sim := smsc.New(c)
	if err := sim.Start(context.Background(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endSimulator(sim) })
	return sim
}

// endSimulator stops a carrier; again does no harm.
func endSimulator(sim *smsc.Simulator) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = sim.Stop(ctx)
}
