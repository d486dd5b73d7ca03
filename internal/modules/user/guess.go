package user

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Wrong passwords are counted in the database: so the waits hold whichever node is asked,
// and over a restart, and are no longer for the user whom a stranger guesses at than they
// were with one node. A try is counted when its turn has come and before its password is
// looked at, so that guesses at once count all, and no more are written than are looked at.

// A guesser is who tries passwords, in one of three ways to see him.
type guesser struct {
	who     string // in login_guess; hashed, since some type their password where the login goes
	free    int    // failures without a wait
	longest time.Duration
}

// A try at a login counts against its address, whatever the login; against the login, whatever
// the address; and for both together, which a right password takes back from the address.
// From a familiar place it does not count against the login, nor waits for who does, but
// against both: so nobody who guesses elsewhere keeps the user out.
type try struct {
	address, login, both guesser
	familiar             bool
}

func newTry(login string, ip netip.Addr) *try {
	from := api.Neighbourhood(ip).String()
	return &try{
		address: guesser{hashGuesser("address " + from), freeGuesses, longestWait},
		login:   guesser{hashGuesser("login " + login), freeForLogin, longestLogin},
		both:    guesser{hashGuesser("login " + login + " address " + from), math.MaxInt, longestLogin},
	}
}

// isFamiliar says that somebody logged in there from there.
func (t *try) isFamiliar() { t.familiar, t.both.free = true, freeForLogin }

// guessers are in the order in which their rows are locked.
func (t *try) guessers() []guesser {
	if t.familiar {
		return []guesser{t.address, t.both}
	}
	return []guesser{t.address, t.login, t.both}
}

func hashGuesser(who string) string {
	sum := sha256.Sum256([]byte(who))
	return hex.EncodeToString(sum[:])
}

// rememberPlace is for how long a place is familiar from the last time it succeeded.
const rememberPlace = 90 * 24 * time.Hour

// mayTry refuses with code 30 who has to wait, at the cost of a read.
func (m *Module) mayTry(ctx context.Context, t *try) error {
	var wait time.Duration
	err := m.db.Read(ctx, func(q *db.Reader) error {
		if err := m.recognise(q, t); err != nil {
			return err
		}
		for _, g := range t.guessers() {
			var until int64
			err := q.One(`SELECT until_ms FROM login_guess WHERE who = $1`, []any{g.who}, &until)
			if err != nil && !errors.Is(err, db.ErrNotFound) {
				return err
			}
			wait = max(wait, g.wait(until, m.db.Now()))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for guesses: %w", err)
	}
	if wait > 0 {
		return api.RateLimited(wait)
	}
	return nil
}

// recognise finds out whether a try comes from a familiar place.
func (m *Module) recognise(q *db.Reader, t *try) error {
	var last int64
	err := q.One(`SELECT last_ms FROM login_place WHERE place = $1`, []any{t.both.who}, &last)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err == nil && last >= m.db.Now()-rememberPlace.Milliseconds() {
		t.isFamiliar()
	}
	return err
}

// wait is how long it is until then. What lies further ahead than any wait was written by
// a clock that is wrong, and holds nobody up.
func (g guesser) wait(until, now int64) time.Duration {
	wait := time.Duration(until-now) * time.Millisecond
	if wait > g.longest {
		return 0
	}
	return max(0, wait)
}

// countTry counts a try as a failure until it turns out to be none. Another that was
// faster may have made it wait: code 30.
func (m *Module) countTry(ctx context.Context, t *try) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		for _, g := range t.guessers() {
			if err := g.count(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, db.ErrNotFound) {
		return api.RateLimited(time.Second)
	}
	if err != nil {
		return fmt.Errorf("count a guess: %w", err)
	}
	return nil
}

// count adds a failure, or finds nothing to add it to: who has to wait.
func (g guesser) count(tx *db.Tx) error {
	var failures int
	err := tx.One(`INSERT INTO login_guess (who, failures, last_ms, until_ms) VALUES ($1, 1, $2, $2)
		ON CONFLICT (who) DO UPDATE SET last_ms = $2, until_ms = $2,
			failures = CASE WHEN login_guess.last_ms < $3 THEN 1 ELSE login_guess.failures + 1 END
		WHERE login_guess.until_ms <= $2 OR login_guess.until_ms > $4 RETURNING failures`,
		[]any{g.who, tx.Now(), tx.Now() - forgetAfter.Milliseconds(), tx.Now() + g.longest.Milliseconds()}, &failures)
	if err != nil {
		return err
	}
	wait := waitAfter(failures-g.free, g.longest)
	if wait == 0 {
		return nil
	}
	_, err = tx.Exec(`UPDATE login_guess SET until_ms = $1 WHERE who = $2`, tx.Now()+wait.Milliseconds(), g.who)
	return err
}

// forgive forgets what the user did wrong who knew the password, and remembers the place.
// What was done wrong there at other logins stays, else a guesser with a login of his own
// would never wait.
func (m *Module) forgive(ctx context.Context, t *try) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := t.takeBack(tx); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO login_place (place, last_ms) VALUES ($1, $2)
			ON CONFLICT (place) DO UPDATE SET last_ms = excluded.last_ms`, t.both.who, tx.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("forget guesses: %w", err)
	}
	return nil
}

// takeBack takes from the address what it did wrong at this login, and all from the others.
func (t *try) takeBack(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE login_guess SET until_ms = $1,
		failures = failures - coalesce((SELECT b.failures FROM login_guess b WHERE b.who = $2), 0) WHERE who = $3`,
		tx.Now(), t.both.who, t.address.who)
	for _, g := range t.guessers()[1:] {
		if err == nil {
			_, err = tx.Exec(`DELETE FROM login_guess WHERE who = $1`, g.who)
		}
	}
	return err
}
