package user

import (
	"context"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

const (
	sweepEvery = time.Minute
	sweepChunk = 1000
)

// sweep removes what is remembered for a time that is over.
func (m *Module) sweep(ctx context.Context) error {
	if err := m.remove(ctx, oldGuesses, forgetAfter); err != nil {
		return fmt.Errorf("forget guesses: %w", err)
	}
	if err := m.remove(ctx, oldPlaces, rememberPlace); err != nil {
		return fmt.Errorf("forget where logins succeeded: %w", err)
	}
	if err := m.remove(ctx, oldSessions, rememberEnded); err != nil {
		return fmt.Errorf("forget ended sessions: %w", err)
	}
	return nil
}

// Each removes $2 rows at most of those that are older than $1. The newest session stays,
// since the next id follows from it.
const (
	oldGuesses  = `DELETE FROM login_guess WHERE who IN (SELECT who FROM login_guess WHERE last_ms < $1 ORDER BY last_ms LIMIT $2)`
	oldPlaces   = `DELETE FROM login_place WHERE place IN (SELECT place FROM login_place WHERE last_ms < $1 ORDER BY last_ms LIMIT $2)`
	oldSessions = `DELETE FROM user_session WHERE id IN (SELECT id FROM user_session
		WHERE expires_ms < $1 AND id < (SELECT max(id) FROM user_session) ORDER BY expires_ms LIMIT $2)`
)

// remove removes rows of a certain age, in chunks.
func (m *Module) remove(ctx context.Context, which string, age time.Duration) error {
	for removed := int64(sweepChunk); removed == sweepChunk; {
		err := m.db.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			removed, err = tx.Exec(which, tx.Now()-age.Milliseconds(), int64(sweepChunk))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
