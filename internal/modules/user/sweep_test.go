package user_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// TestEndedSessionsAreForgottenAfterAWhile, whether or not their account ever comes back;
// until then they say why a token is refused.
func TestEndedSessionsAreForgottenAfterAWhile(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		account := h.user(t, "ann")
		token := h.login(t, "ann", password)
		h.sessions(t, account, user.SweepChunk+1)
		sweeps := func(when string, left int64) {
			t.Helper()
			if err := h.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := h.count(t, `SELECT count(*) FROM user_session`); n != left {
				t.Errorf("%s: %d sessions are remembered, want %d", when, n, left)
			}
		}
		h.clock.Advance(user.DefaultSessionLifetime + 30*24*time.Hour)
		sweeps("at the last moment", user.SweepChunk+2)
		if _, words := h.refusal(t, token, here); words != "session.expired" {
			t.Errorf("refused with %q", words)
		}
		other := h.user(t, "bob")
		h.sessions(t, other, 1)
		h.clock.Advance(time.Millisecond)
		sweeps("after it", 1)
		h.clock.Advance(365 * 24 * time.Hour)
		sweeps("the newest stays", 1) // or its id would be given out again
		h.login(t, "ann", password)
		sweeps("and goes once there is another", 1)
	})
}

// sessions opens so many of an account.
func (h *house) sessions(t *testing.T, account int64, n int) {
	t.Helper()
	err := h.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
		for i := range n {
			_, err := tx.Exec(`INSERT INTO user_session (id, account_id, hash, created_ms, expires_ms)
				SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4 FROM user_session`, account, fmt.Sprint(account, i),
				tx.Now(), tx.Now()+user.DefaultSessionLifetime.Milliseconds())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
