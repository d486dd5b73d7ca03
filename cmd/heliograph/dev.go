package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/run"
	"github.com/heliograph-sms/heliograph/internal/smsc"
)

type dev struct {
	dataDir
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Loopback address of the API (${default})."`
	APIKey string `name:"api-key" placeholder:"KEY" help:"The demo account's API key (one is made once, and kept in DIR)."`
	SMSC   string `name:"smsc" placeholder:"ADDR" help:"The carrier: one that answers at ADDR, else the simulator listens there."`
	Clock  bool   `help:"Go by a clock that heliograph clock advance moves."`
}

// dataDir is the folder that dev keeps everything in.
type dataDir struct {
	Data string `placeholder:"DIR" help:"Where the database is (a folder under your data directory)."`
}

const databaseFile = "heliograph.db"

// What the demo account has. Prices are for one segment.
const (
	demoName     = "demo"
	demoCurrency = "KZT"
	demoZone     = "Asia/Almaty"
	demoSender   = "Heliograph"
	demoPrefix   = "kz"
	demoBalance  = money.Amount(1_000_000_0000)
	demoPrice    = money.Amount(16_2000)
	otherPrice   = money.Amount(5000) // 0.5000 in any other currency
)

// Run serves from a folder until the process is told to stop.
func (c *dev) Run(ctx context.Context, out *console) error {
	if err := mustBeLoopback(c.Listen); err != nil {
		return err
	}
	dir, err := c.path()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	clock := &db.TestClock{} // the machine's, unless enabled
	log := slog.New(slog.NewTextHandler(out.errors, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, databaseFile), db.Options{Logger: log, Exclusive: true, Clock: clock.Now})
	if err != nil {
		return err
	}
	sim, carrierAddr, err := c.carrier(ctx, out.out, log)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	defer stopSimulator(ctx, sim)
	s, found, err := c.start(ctx, d, clock, dir, carrierAddr, log)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	greet(out.out, s.Addr(), found, dir, carrierAddr)
	<-ctx.Done()
	return s.Stop(context.WithoutCancel(ctx))
}

// start sets the folder's database up and starts the server on it.
func (c *dev) start(ctx context.Context, d *db.DB, clock *db.TestClock, dir, carrierAddr string, log *slog.Logger) (*server, demo, error) {
	if _, err := d.Migrate(ctx); err != nil {
		return nil, demo{}, err
	}
	if err := c.set(ctx, clock, d); err != nil {
		return nil, demo{}, err
	}
	found, err := demoAccount(ctx, newOffice(d), c.APIKey, dir)
	if err != nil {
		return nil, demo{}, fmt.Errorf("set up the demo account: %w", err)
	}
	s, err := newServer(ctx, c.config(carrierAddr), d, log)
	if err != nil {
		return nil, demo{}, err
	}
	s.services.Add("demo prices", s.pricesForEveryAccount())
	if c.Clock {
		s.services.Add("test clock", clock.Follow(d, s.watcher, func() {
			s.delivery.Wake()
			s.webhooks.Deliverer().Wake()
			s.tasks.Wake()
			s.campaigns.Wake()
			s.clerk.Wake()
		}))
	}
	return s, found, s.Start(ctx)
}

// set makes the clock a test clock, or sees to it that it is none.
func (c *dev) set(ctx context.Context, clock *db.TestClock, d *db.DB) error {
	if c.Clock {
		return clock.Enable(ctx, d)
	}
	err := db.DisableTestClock(ctx, d)
	if errors.Is(err, db.ErrBackInTime) {
		return fmt.Errorf("%w: start with --clock, or with another --data", err)
	}
	return err
}

func (c *dev) config(carrierAddr string) *config.Config {
	conf := config.Default()
	conf.HTTP.Listen = c.Listen
	conf.Links.Base = "http://" + c.Listen + "/s"
	conf.Limits = nil
	conf.Webhook.Allow = loopback()
	conf.Server.Drain = 0
	conf.Carriers = []config.Carrier{{
		Name: "simulator", Type: "smpp", Address: carrierAddr, SystemID: "heliograph", Window: 100, Binds: 2,
		InDoubt: config.InDoubtResend, ReferenceBits: 8,
	}}
	conf.Routes = []config.Route{{Carriers: []string{"simulator"}}}
	return conf
}

// mustBeLoopback refuses an address that others could reach: the demo account has
// money and no secrets.
func mustBeLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--listen %s: dev listens on a loopback address only, such as 127.0.0.1:8080; to serve others use `heliograph serve`", addr)
}

// loopback is what webhooks may reach: the developer's own machine.
func loopback() []config.Network {
	return []config.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, {Prefix: netip.MustParsePrefix("::1/128")}}
}

// path is where the folder is, or is to be.
func (c *dataDir) path() (string, error) {
	if c.Data != "" {
		return c.Data, nil
	}
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("where is your data directory? Say --data DIR: %w", err)
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "heliograph"), nil
}

// carrier is the SMSC that messages go to. One that answers at --smsc is taken;
// otherwise the simulator listens, there or on any free port.
func (c *dev) carrier(ctx context.Context, out io.Writer, log *slog.Logger) (*smsc.Simulator, string, error) {
	if c.SMSC != "" {
		dialer := net.Dialer{Timeout: time.Second}
		if conn, err := dialer.DialContext(ctx, "tcp", c.SMSC); err == nil {
			return nil, c.SMSC, conn.Close()
		}
	}
	addr := c.SMSC
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	sim := smsc.New(smsc.Config{OnMessage: newHandset(out).show, Decode: decodeText, Logger: log})
	if err := sim.Start(ctx, addr); err != nil {
		return nil, "", fmt.Errorf("carrier simulator: %w", err)
	}
	return sim, sim.Addr(), nil
}

func stopSimulator(ctx context.Context, sim *smsc.Simulator) {
	if sim == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = sim.Stop(ctx) // nothing hangs on it any more
}

// demo is an account that dev gives away, and a key that opens it.
type demo struct {
	account int64
	key     string
}

// demoAccount makes, once, the account that dev gives away, and finds its key:
// the given one, the one kept in dir, or a new one that is kept there. Its operator may
// have ended the kept one since: that is replaced, too.
func demoAccount(ctx context.Context, o *office, given, dir string) (demo, error) {
	keptAt := filepath.Join(dir, "api-key")
	key := given
	if given == "" {
		kept, err := os.ReadFile(keptAt)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return demo{}, err
		}
		key = strings.TrimSpace(string(kept))
	}
	if err := demoCell(ctx, o, key); err != nil {
		return demo{}, err
	}
	found, err := demoKey(ctx, o, key)
	if given == "" && errors.Is(err, errKeyEnded) {
		found, err = demoKey(ctx, o, "")
	}
	if err != nil {
		return demo{}, err
	}
	if given == "" && found.key != key {
		if err := os.WriteFile(keptAt, []byte(found.key+"\n"), 0o600); err != nil {
			return demo{}, err
		}
	}
	return found, demoSenderAndPrices(ctx, o)
}

// keyWithPrefix is a key that begins with its cell's prefix; one of 40 characters
// has none.
var keyWithPrefix = regexp.MustCompile(`^([a-z]{2})[a-z0-9]{68}$`)

// demoCell names the cell after the key's prefix.
func demoCell(ctx context.Context, o *office, key string) error {
	prefix := demoPrefix
	if found := keyWithPrefix.FindStringSubmatch(key); found != nil {
		prefix = found[1]
	}
	return o.users.SetCell(ctx, user.Cell{Prefix: prefix, Domain: "localhost"})
}

// demoKey finds the account that a key opens. A key that is not known yet, or without one
// a new key, becomes the demo account's, which is made where there is none.
func demoKey(ctx context.Context, o *office, key string) (demo, error) {
	if key != "" {
		known, err := o.users.FindKey(ctx, key)
		if err == nil {
			return demo{known.AccountID, key}, mustOpen(ctx, o, known)
		}
		if !errors.Is(err, user.ErrNoKey) {
			return demo{}, err
		}
	}
	all, err := o.users.List(ctx)
	if err != nil {
		return demo{}, err
	}
	for _, a := range all {
		if a.Name == demoName && a.Status != user.Deleted {
			_, made, err := o.users.CreateKey(ctx, a.ID, user.KeyOptions{Key: key})
			return demo{a.ID, made}, err
		}
	}
	id, made, err := o.users.CreateAccount(ctx, user.NewAccount{
		Name: demoName, Currency: demoCurrency, Timezone: demoZone, Language: "en", Balance: demoBalance, Key: key,
	})
	return demo{id, made}, err
}

// errKeyEnded is what mustOpen wraps.
var errKeyEnded = errors.New("the API key can't be used any more, take another")

// mustOpen fails for a key that will open its account no more.
func mustOpen(ctx context.Context, o *office, k user.Key) error {
	a, err := o.users.Show(ctx, k.AccountID)
	switch {
	case err != nil:
		return err
	case k.Revoked != 0:
		return fmt.Errorf("%w: it was revoked", errKeyEnded)
	case k.Expires != 0 && k.Expires <= o.db.Now():
		return fmt.Errorf("%w: it has expired", errKeyEnded)
	case a.Status == user.Deleted:
		return fmt.Errorf("%w: its account is deleted", errKeyEnded)
	}
	return nil
}

func demoSenderAndPrices(ctx context.Context, o *office) error {
	_, err := o.senders.Add(ctx, alphaname.Shared, demoSender, true)
	if err != nil && !errors.Is(err, alphaname.ErrExists) {
		return err
	}
	return setDemoPrices(ctx, o.prices.SetAll, demoCurrency)
}

func setDemoPrices(ctx context.Context, setAll func(context.Context, string, money.Amount, []string) error, currency string) error {
	var countries []string
	for _, c := range phone.Countries() {
		countries = append(countries, c.A2)
	}
	amount := otherPrice
	if currency == demoCurrency {
		amount = demoPrice
	}
	return setAll(ctx, currency, amount, countries)
}

// pricesForEveryAccount gives prices to the currencies of accounts that are made
// beside the running server.
func (s *server) pricesForEveryAccount() run.Service {
	known := map[string]bool{demoCurrency: true}
	loop := run.NewLoop("demo prices", time.Minute, s.log, func(ctx context.Context) error {
		all, err := s.users.List(ctx)
		if err != nil {
			return err
		}
		for _, a := range all {
			if known[a.Currency] {
				continue
			}
			if err := setDemoPrices(ctx, s.prices.SetAll, a.Currency); err != nil {
				return err
			}
			known[a.Currency] = true
		}
		return nil
	})
	s.watcher.On(user.TopicAccount, loop.Wake)
	return loop
}

func greet(out io.Writer, addr string, given demo, dir, carrier string) {
	fmt.Fprintf(out, `Heliograph is ready.

  API      http://%[1]s/service/
  API key  %[2]s
  docs     http://%[1]s/docs
  data     %[3]s
  carrier  SMPP at %[4]s

Send a message:

  curl 'http://%[1]s/service/message/sendSmsMessage' \
    -d 'apiKey=%[2]s' -d 'recipient=77010000000' -d 'text=Hello'

The last two digits of the number choose the outcome (01 UNDELIV, 02 REJECTD, 05 no
receipt …; see docs/simulator.md). Be the operator, in another terminal:

  heliograph account show %[6]d --database 'sqlite:%[5]s'

Messages appear below as they reach the handset.

`, addr, given.key, dir, carrier, filepath.Join(dir, databaseFile), given.account)
}
