// Package user owns accounts, their API keys, logins and sessions, the cell they belong to, and the
// ledger: every change of a balance is a row of it, so that at any commit
//
//	Σ ledger amounts = balance = balance after the ledger's last row
//
// holds for each account. A balance is never negative.
//
// Others charge and repay inside their own transactions (Charge, Repay), which
// take the accounts' locks in ascending order of id.
package user

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Topics that are touched when something changes that others may have cached.
const (
	TopicAccount = "account"
	TopicKey     = "key"
)

// Errors of the administration; they come wrapped with the id they are about.
var (
	ErrNoAccount = errors.New("no such account")
	ErrDeleted   = errors.New("the account is deleted")
	ErrNoKey     = errors.New("no such key")
	ErrKeyTaken  = errors.New("this API key exists already")
)

const (
	maxKeys     = 100_000 // keys and accounts in memory
	maxUnknown  = 10_000  // keys remembered for not existing
	maxAccounts = 100_000
)

// What an address or a login may do wrong before it has to wait, and for how long
// then. A login's wait is short: others may be guessing at it.
const (
	freeUnknown  = 100 // unknown keys of an address
	freeGuesses  = 10  // wrong passwords from an address
	freeForLogin = 5   // wrong passwords of a login
	longestWait  = 5 * time.Minute
	longestLogin = 15 * time.Second
)

// Module is the API module "user" and what other rooms ask of accounts. It is
// safe for concurrent use.
type Module struct {
	db       *db.DB
	log      *slog.Logger
	balances *shared[int64, money.Amount]
	keys     *cache[keyHash, *credential]
	accounts *cache[int64, *Account]
	closed   *db.Snapshot[closed]

	SessionLifetime time.Duration // from the login on; to be set before the first call

	hasher    *hasher
	strangers *slowdown // who brings unknown keys
	sweeper   *run.Loop
}

// New makes the module. Its caches follow w, which must be started for changes by
// other processes to be seen.
func New(d *db.DB, w *db.Watcher, log *slog.Logger) *Module {
	m := &Module{
		db: d, log: log, SessionLifetime: DefaultSessionLifetime, hasher: newHasher(),
		strangers: newSlowdown(freeUnknown, longestWait),
	}
	m.balances = newShared(m.Balance)
	m.sweeper = run.NewLoop("sweep sessions and guesses", sweepEvery, log, m.sweep)
	m.keys = newCache(maxKeys, maxUnknown, m.loadCredential)
	m.accounts = newCache(maxAccounts, 0, m.loadAccount)
	w.On(TopicKey, m.keys.outdate)
	m.closed = db.NewSnapshot(w, TopicAccount, log, m.loadClosed)
	w.On(TopicAccount, m.forget)
	return m
}

// Start reads which accounts are closed and follows that (see Standing), and begins to
// sweep.
func (m *Module) Start(ctx context.Context) error {
	if err := m.closed.Start(ctx); err != nil {
		return err
	}
	return m.sweeper.Start(ctx)
}

// Stop ends it.
func (m *Module) Stop(ctx context.Context) error {
	return errors.Join(m.sweeper.Stop(ctx), m.closed.Stop(ctx))
}

func (m *Module) forget() {
	m.keys.outdate()
	m.accounts.outdate()
	m.closed.Changed()
}

// API is the module's part of the method table.
func (m *Module) API() api.Module {
	return api.Module{
		Name: "user",
		Doc:  "The account itself.",
		Methods: []api.Method{
			api.Define("getOwnBalance", "Tells the account's balance and its currency.", m.getOwnBalance,
				api.Returns[ownBalance]("The balance as it is now.")),
			api.Define("login", "Opens a session, whose token goes where an API key goes. Our own pages get it as a cookie, too.", m.login,
				api.Public, api.Session, api.Returns[opened]("The session's token, which is shown this once.")),
			api.Define("logout", "Closes the session of the call.", m.logout,
				api.Session, api.Returns[bool]("Always true.")),
		},
	}
}
