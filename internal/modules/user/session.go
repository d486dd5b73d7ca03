package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// ErrNoSession is returned, wrapped, where no open session was found.
var ErrNoSession = errors.New("no open session")

// Who closed a session. The numbers are stored.
const (
	byUser     = 1
	byOperator = 2
)

// isOpen is a session that nobody closed and that has not expired at $1.
const isOpen = `closed_by IS NULL AND expires_ms > $1`

// Ended sessions are remembered for a while, to say why a token is refused.
const (
	rememberEnded = 30 * 24 * time.Hour
	listedAtMost  = 1000
)

// Session is what is known of a session; its token is not.
type Session struct {
	ID, AccountID            int64
	Created, Expires, Closed int64 // Unix ms; Closed 0 = open
}

// openSession makes a session of an account whose password still has that hash. It lasts
// a fixed time, whatever is done in it. The token has the form of a key, so that its prefix names the cell.
func (m *Module) openSession(ctx context.Context, accountID int64, passwordHash string) (token string, expires int64, err error) {
	err = m.insert(ctx, func(tx *db.Tx) error {
		if err := mustLive(tx, accountID); err != nil {
			return err
		}
		if err := mustFit(tx, accountID, passwordHash); err != nil {
			return err
		}
		cell, err := readCell(tx)
		if err != nil {
			return err
		}
		token, expires = newSecret(cell.Prefix), tx.Now()+m.SessionLifetime.Milliseconds()
		_, err = tx.Exec(`INSERT INTO user_session (id, account_id, hash, created_ms, expires_ms)
			SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4 FROM user_session`,
			accountID, hashKey(token).String(), tx.Now(), expires)
		return err
	})
	if err != nil {
		return "", 0, fmt.Errorf("open a session of account %d: %w", accountID, err)
	}
	return token, expires, nil
}

// mustFit refuses a login whose password was changed meanwhile.
func mustFit(tx *db.Tx, accountID int64, passwordHash string) error {
	var is string
	if err := tx.One(`SELECT password_hash FROM account_login WHERE account_id = $1`, []any{accountID}, &is); err != nil {
		return err
	}
	if is != passwordHash {
		return api.Login("login.wrongPassword")
	}
	return nil
}

// loadSession is loadCredential for the token of a session.
func (m *Module) loadSession(ctx context.Context, hash keyHash) (*credential, error) {
	c, a := &credential{}, &Account{}
	var closedBy sql.NullInt64
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT s.id, s.expires_ms, s.closed_by, `+accountColumns+`
			FROM user_session s JOIN account a ON a.id = s.account_id WHERE s.hash = $1`, []any{hash.String()},
			append([]any{&c.principal.SessionID, &c.expires, &closedBy}, a.columns()...)...)
	})
	if err != nil {
		return nil, err
	}
	c.principal.Account, c.closedBy = a.Public(), closedBy.Int64
	c.status, c.apiAccess = a.Status, a.APIAccess
	return c, a.locate()
}

// refuseSession says why a session is over, or nil.
func (c *credential) refuseSession(now int64) *api.Error {
	switch {
	case c.closedBy == byUser:
		return api.Login("session.closed")
	case c.closedBy == byOperator:
		return api.Login("session.closedByOperator")
	case c.expires <= now:
		return api.Login("session.expired")
	}
	return nil
}

// ended says why a session is over.
func (m *Module) ended(ctx context.Context, id int64) error {
	c := &credential{}
	var closedBy sql.NullInt64
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT expires_ms, closed_by FROM user_session WHERE id = $1`, []any{id}, &c.expires, &closedBy)
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("look a session up: %w", err)
	}
	c.closedBy = closedBy.Int64
	if over := c.refuseSession(m.db.Now()); over != nil {
		return over
	}
	return api.Login("session.expired") // so long ago that it is forgotten
}

// CloseSession ends a session, within a second on all nodes. The error wraps
// ErrNoSession where it was not open.
func (m *Module) CloseSession(ctx context.Context, id int64) error {
	return m.closeSessions(ctx, byOperator, `id = $3`, id)
}

// CloseSessions ends all sessions of an account, or with 0 those of all accounts.
func (m *Module) CloseSessions(ctx context.Context, accountID int64) error {
	for {
		err := m.closeSessions(ctx, byOperator, `id IN (SELECT id FROM user_session
			WHERE (CAST($3 AS bigint) = 0 OR account_id = $3) AND `+isOpen+` ORDER BY id LIMIT 500)`, accountID)
		if errors.Is(err, ErrNoSession) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// closeSessions ends the open sessions that meet the condition on $3. One that has
// expired stays so: what ended a session first is what is told of it.
func (m *Module) closeSessions(ctx context.Context, by int64, which string, id int64) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		found, err := tx.Exec(`UPDATE user_session SET closed_ms = $1, closed_by = $2 WHERE `+isOpen+` AND `+which, tx.Now(), by, id)
		if err == nil && found == 0 {
			return ErrNoSession
		}
		return errors.Join(err, tx.Touch(TopicKey))
	})
	if err != nil {
		return fmt.Errorf("close sessions: %w", err)
	}
	m.keys.outdate()
	return nil
}

// ListSessions returns the newest sessions of an account, or with 0 of all
// accounts, ended ones too; at most a thousand.
func (m *Module) ListSessions(ctx context.Context, accountID int64) (all []Session, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, account_id, created_ms, expires_ms, coalesce(closed_ms, 0) FROM user_session
			WHERE CAST($1 AS bigint) = 0 OR account_id = $1 ORDER BY id DESC LIMIT $2`, func(rows db.Row) error {
			var s Session
			err := rows.Scan(&s.ID, &s.AccountID, &s.Created, &s.Expires, &s.Closed)
			all = append(all, s)
			return err
		}, accountID, listedAtMost)
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return all, nil
}
