// Package alphaname is the API module "alphaname". It owns the sender IDs: those of
// single accounts, and shared ones that every account may use; and the rules of what
// they may look like in a country. Which of them a message gets is decided in memory.
package alphaname

import (
	"context"
	"log/slog"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Topic is touched when a sender or a rule changes.
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
	ID          int64
	AccountID   int64 // Shared, or whose it is
	Name        string
	Default     bool // what its account's messages get when they name no sender
	Status      Status
	Description string   // what its account says of it
	Comment     string   // why it was refused
	Registered  []string // the countries that it is registered in
	Expires     int64    // Unix ms: when its approval ends; 0 = never
	Created     int64    // Unix ms
	Updated     int64    // Unix ms, of the status
}

// Numeric tells whether the sender is a number. Any other is alphanumeric.
func (a *Alphaname) Numeric() bool {
	for i := range len(a.Name) {
		if a.Name[i] < '0' || a.Name[i] > '9' {
			return false
		}
	}
	return true
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

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "alphaname",
		Doc:  "The sender IDs that messages can be sent from.",
		Methods: []api.Method{
			api.Define("list", "Lists the account's sender IDs and the shared ones, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[item]]("A page of sender IDs.")),
		},
	}
}

func (m *Module) load(ctx context.Context) (*book, error) {
	all, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := m.Rules(ctx)
	if err != nil {
		return nil, err
	}
	return newBook(all, rules), nil
}

// Usable tells from memory whether an account's messages to a country may have a
// sender; an empty country is none in particular.
func (m *Module) Usable(accountID int64, name, country string) bool {
	return m.Get().usable(accountID, name, place{country, m.db.Now()})
}

// Resolve chooses the sender of an account's message to a country that asks for from
// (contract §3): from itself where it is usable there, else the account's default,
// else a shared one; ok is false when none of them is. An empty country is none in
// particular. It only looks into memory.
func (m *Module) Resolve(accountID int64, from, country string) (name string, ok bool) {
	return m.Get().resolve(accountID, from, place{country, m.db.Now()})
}
