// Package alphaname owns the sender IDs: those of single accounts, and shared ones
// that every account may use. Which of them a message gets is decided in memory.
package alphaname

import (
	"context"
	"log/slog"

	"github.com/heliograph-sms/heliograph/internal/db"
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

// Module is safe for concurrent use. It is a run.Service: once started it knows
// the senders and follows changes by any process within a second.
type Module struct {
	*db.Snapshot[book]
	db *db.DB
}

// New makes the module, which hears of changes from w.
func New(d *db.DB, w *db.Watcher, log *slog.Logger) *Module {
	m := &Module{db: d}
	m.Snapshot = db.NewSnapshot(w, Topic, log, m.load)
	return m
}

func (m *Module) load(ctx context.Context) (*book, error) {
	all, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	return newBook(all), nil
}

// Usable tells from memory whether an account may use a sender.
func (m *Module) Usable(accountID int64, name string) bool { return m.Get().usable(accountID, name) }

// Resolve chooses the sender of an account's message that asks for from (contract
// §3): from itself where the account may use it, else the account's default, else
// a shared one; ok is false when there is none at all. It only looks into memory.
func (m *Module) Resolve(accountID int64, from string) (name string, ok bool) {
	return m.Get().resolve(accountID, from)
}
