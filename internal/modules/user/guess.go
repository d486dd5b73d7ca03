package user

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Wrong passwords are counted in the database: so the waits hold whichever node is asked,
// and over a restart, and are no longer for the user whom a stranger guesses at than they
// were with one node. A try is counted when its turn has come and before its password is
// looked at, so that guesses at once count all, and no more are written than are looked at.

// A guesser is an address or a login that tries passwords.
type guesser struct {
	who     string // in login_guess; hashed, since some type their password where the login goes
	free    int    // failures without a wait
	longest time.Duration
}

// guessers are those of a try, in the order in which their rows are locked.
func guessers(login string, ip netip.Addr) []guesser {
	return []guesser{
		{hashGuesser("address " + neighbourhood(ip).String()), freeGuesses, longestWait},
		{hashGuesser("login " + login), freeForLogin, longestLogin},
	}
}

func hashGuesser(who string) string {
	sum := sha256.Sum256([]byte(who))
	return hex.EncodeToString(sum[:])
}

// mayTry refuses with code 30 who has to wait, at the cost of a read.
func (m *Module) mayTry(ctx context.Context, all []guesser) error {
	var wait time.Duration
	err := m.db.Read(ctx, func(q *db.Reader) error {
		for _, g := range all {
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
func (m *Module) countTry(ctx context.Context, all []guesser) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		for _, g := range all {
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

// forgive forgets the failures of who knew a password.
func (m *Module) forgive(ctx context.Context, all []guesser) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		for _, g := range all {
			if _, err := tx.Exec(`DELETE FROM login_guess WHERE who = $1`, g.who); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget guesses: %w", err)
	}
	return nil
}
