package link

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// target is where a code leads, as it is remembered.
type target struct {
	link       int64
	account    int64 // whose it is
	code       string
	personal   bool // the code is one recipient's
	address    string
	open       bool      // active, not blocked, not deleted
	lastDay    time.Time // its date; zero = it never ends
	generation uint64    // of what was known of links when it was read
}

// leads tells whether the code leads anywhere now, by the clock of a zone.
func (t *target) leads(nowMs int64, zone *time.Location) bool {
	return t.open && (t.lastDay.IsZero() || nowMs < api.EndOfDay(t.lastDay, zone).UnixMilli())
}

const (
	// keptTargets bounds the memory of known codes to about 64 MB.
	keptTargets = 64 << 20
	// keptUnknown bounds that of codes that do not exist though they are sealed, which have a
	// memory of their own: whoever guesses does not push out what people click on.
	keptUnknown = 50_000
)

// targets remembers where codes lead.
type targets struct {
	generation atomic.Uint64
	known      *db.Recent[string, *target]
	unknown    *db.Recent[string, struct{}]
}

func newTargets() *targets {
	return &targets{
		known:   db.NewRecent[string](keptTargets, func(t *target) int { return 300 + len(t.address) }),
		unknown: db.NewRecent[string](keptUnknown, func(struct{}) int { return 1 }),
	}
}

// outdate has what is known read again when it is next asked for.
func (t *targets) outdate() { t.generation.Add(1) }

// target finds where a code leads, and the zone of the account, which may change while the
// target is remembered. The error wraps ErrNone where there is no such code.
func (m *Module) target(ctx context.Context, code string) (*target, *time.Location, error) {
	t, err := m.recall(ctx, code)
	if err != nil {
		return nil, nil, err
	}
	account, err := m.Users.Account(ctx, t.account)
	if err != nil {
		return nil, nil, err
	}
	return t, account.Location, nil
}

// recall finds where a code leads: from memory, else by one read by primary key. A code
// that does not exist hardly ever costs a read.
func (m *Module) recall(ctx context.Context, code string) (*target, error) {
	generation := m.targets.generation.Load() // before it is read: a change meanwhile makes it old
	if t, ok := m.targets.known.Get(code); ok && t.generation == generation {
		return t, nil
	}
	if _, ok := m.targets.unknown.Get(code); ok {
		return nil, ErrNone
	}
	if err := m.checkSeal(ctx, code); err != nil {
		return nil, err
	}
	code = strings.Clone(code) // it is a piece of the request's line, which may be a megabyte
	t, err := m.readTarget(ctx, code)
	switch {
	case errors.Is(err, db.ErrNotFound):
		m.targets.unknown.Put(code, struct{}{})
		return nil, ErrNone
	case err != nil:
		return nil, err
	}
	t.generation = generation
	m.targets.known.Put(code, t)
	return t, nil
}

func (m *Module) readTarget(ctx context.Context, code string) (*target, error) {
	var l Link
	t := &target{code: code}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		// A bare $1 beside the tables' partial indexes makes SQLite plan anew for each value.
		return q.One(`SELECT short_link.id, account_id, link_code.message_id IS NOT NULL, full_link, status, moderator_status, expiration_date, coalesce(deleted_ms, 0)
			FROM link_code JOIN short_link ON short_link.id = link_code.link_id WHERE link_code.code = (SELECT CAST($1 AS text))`, []any{code},
			&t.link, &t.account, &t.personal, &t.address, &l.Status, &l.ModeratorStatus, &l.ExpirationDate, &l.DeletedMs)
	})
	if err != nil {
		return nil, err
	}
	if l.ExpirationDate != "" {
		if t.lastDay, err = time.Parse(api.DateLayout, l.ExpirationDate); err != nil {
			return nil, fmt.Errorf("link %d: its last day: %w", t.link, err)
		}
	}
	t.open = l.Status == Active && l.ModeratorStatus == Allowed && l.DeletedMs == 0
	return t, nil
}
