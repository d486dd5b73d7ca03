// Package numberstoplist is the API module "numberStopList": numbers that no messages go
// to, those of an account or, by the operator's word, nobody's (contract §7). It alone
// writes the tables stop_number, stop_total, stop_change and stop_last.
//
// # In memory
//
// Stopped is asked for every message, so all numbers are in memory: single ones in a hash
// set for each account, ranges as sorted spans. A server reads the list once, when it
// starts. Later it reads what was changed: each change is a row of stop_change, numbered
// without gaps in the order of the commits. Rows go after a while, and a server that finds
// some missing reads the list again.
package numberstoplist

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/run"
)

const (
	// IDs is the series that numbers entries.
	IDs = "stop_number"
	// Topic is touched when the list changes.
	Topic = "stop_number"
)

// followRetry is how soon changes are read again when that failed.
const followRetry = 5 * time.Second

// Config is what the module needs to know.
type Config struct {
	DB      *db.DB
	Watcher *db.Watcher
	Book    *phone.Book // of countries and operators, for lists
	Logger  *slog.Logger
}

// Module is safe for concurrent use. It is a run.Service: once started it knows the list
// and follows changes by any process within a second.
type Module struct {
	Config
	follower *run.Loop
	sweeper  *run.Loop
	ends     db.Ends[db.Place]
	known    *db.Recent[db.SearchKey, found]

	book      atomic.Pointer[book]
	following sync.Mutex // held by who reads the list or its changes
	loaded    bool       // the book is the list, up to a change
	seen      int64      // that change
}

// New makes the module.
func New(c Config) *Module {
	m := &Module{Config: c, ends: db.NewEnds[db.Place](), known: newKnown()}
	m.book.Store(newBook())
	m.follower = run.NewLoop("stop list", followRetry, c.Logger, m.follow)
	m.sweeper = run.NewLoop("changes of the stop list", sweepEvery, c.Logger, m.sweep)
	c.Watcher.On(Topic, m.follower.Wake)
	return m
}

// Start reads the list and returns.
func (m *Module) Start(ctx context.Context) error {
	if err := m.load(ctx); err != nil {
		return err
	}
	return errors.Join(m.follower.Start(ctx), m.sweeper.Start(ctx))
}

// Stop ends the following of changes; what is known stays.
func (m *Module) Stop(ctx context.Context) error {
	return errors.Join(m.sweeper.Stop(ctx), m.follower.Stop(ctx))
}

// Stopped tells from memory whether an account's messages may not go to a number.
func (m *Module) Stopped(accountID int64, number phone.Number) bool {
	n, is := digits(number)
	return is && m.book.Load().stopped(accountID, n)
}

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "numberStopList",
		Doc:  "The numbers that the account's messages do not go to.",
		Methods: []api.Method{
			api.Define("create", "Puts a number, or a range of numbers, on the list; the answer is the id of the number, or true for a range. What is on it already stays as it is, but for the comment if there is a new one.", m.create,
				api.Returns[created]("The id of the entry; true for a range."), api.Writes),
			api.Define("delete", "Takes an entry off the list.", m.delete,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("list", "Lists the account's entries and those for all accounts, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[item]]("A page of the list.")),
		},
	}
}
