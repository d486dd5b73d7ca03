// Package moderation asks moderators about texts before anybody gets them, and
// remembers what they decided. It has no methods in the API.
//
// # A text's way
//
// Judge tells what an account's setting, the rules and earlier decisions make of a text.
// One that a moderator has to see is asked about by a case: a campaign, or a message sent
// singly. A text of an account is one question, however many cases it has, and a decision
// on it is final: it holds for the cases that wait, and for those to come.
//
// A decision is one row that changes, made by whoever has the database. The Clerk of a
// running server carries it out, case by case: each in one transaction with the case's
// own end, so that a crash or a second node does none of them twice.
package moderation

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Standing is what became of the question whether a text may be sent. The numbers are
// stored, here and with messages and campaigns.
type Standing int64

const (
	AutoReady        Standing = iota // nobody had to be asked
	WaitingModerator                 // somebody was
	Declined
	Ready // a moderator agreed
)

func (s Standing) String() string {
	switch s {
	case AutoReady:
		return "free"
	case WaitingModerator:
		return "waiting"
	case Declined:
		return "declined"
	case Ready:
		return "approved"
	default:
		return fmt.Sprintf("Standing(%d)", int64(s))
	}
}

// Topics that are touched when a text is decided on, and when the words change.
const (
	Topic      = "moderation"
	topicWords = "moderation.words"
)

// Module is safe for concurrent use. It is a run.Service: once started it knows the
// words and follows changes by any process within a second.
type Module struct {
	*db.Snapshot[wordList]
	db *db.DB
}

// New makes the module, which hears of changes from w.
func New(d *db.DB, w *db.Watcher, log *slog.Logger) *Module {
	m := &Module{db: d}
	m.Snapshot = db.NewSnapshot(w, topicWords, log, m.load)
	return m
}

func (m *Module) load(ctx context.Context) (*wordList, error) {
	all, err := m.Words(ctx)
	if err != nil {
		return nil, err
	}
	return newWordList(all), nil
}
