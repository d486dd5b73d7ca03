// Package alphaname owns the sender IDs: those of single accounts, and shared ones
// that every account may use. Which of them a message gets is decided in memory.
package alphaname

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Topic is touched when a sender is added or removed.
const Topic = "alphaname"

// Status of a sender. The numbers are stored and stand on the wire (contract §7).
type Status int64

const (
	Waiting Status = 0
	Usable  Status = 1
	Refused Status = 2
)

func (s Status) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Usable:
		return "usable"
	default:
		return "refused"
	}
}

// Shared stands for the account of senders that all accounts may use.
const Shared int64 = 0

// Alphaname is a sender ID.
type Alphaname struct {
	ID        int64
	AccountID int64 // Shared, or whose it is
	Name      string
	Default   bool // what its account's messages get when they name no sender
	Status    Status
	Created   int64 // Unix ms
	Updated   int64 // Unix ms, of the status
}

// retry is how soon the senders are read again when that failed.
const retry = 5 * time.Second

// Module is safe for concurrent use. It is a run.Service: once started it knows
// the senders and follows changes by any process within a second.
type Module struct {
	db    *db.DB
	loop  *run.Loop
	stale atomic.Bool
	book  atomic.Pointer[book]
}

// New makes the module, which hears of changes from w.
func New(d *db.DB, w *db.Watcher, log *slog.Logger) *Module {
	m := &Module{db: d}
	m.book.Store(&book{})
	m.stale.Store(true)
	m.loop = run.NewLoop("alphanames", retry, log, m.refresh)
	w.On(Topic, m.changed)
	return m
}

// Start reads the senders and returns.
func (m *Module) Start(ctx context.Context) error {
	if err := m.refresh(ctx); err != nil {
		return err
	}
	return m.loop.Start(ctx)
}

// Stop ends the following of changes; what is known stays.
func (m *Module) Stop(ctx context.Context) error { return m.loop.Stop(ctx) }

// Resolve chooses the sender of an account's message that asks for from (contract
// §3): from itself where the account may use it, else the account's default, else
// a shared one; ok is false when there is none at all. It only looks into memory.
func (m *Module) Resolve(accountID int64, from string) (name string, ok bool) {
	return m.book.Load().resolve(accountID, from)
}

func (m *Module) changed() {
	m.stale.Store(true)
	m.loop.Wake()
}

// refresh reads the senders if they may have changed since the last time.
func (m *Module) refresh(ctx context.Context) error {
	if !m.stale.Swap(false) {
		return nil
	}
	all, err := m.List(ctx)
	if err != nil {
		m.stale.Store(true)
		return err
	}
	m.book.Store(newBook(all))
	return nil
}
