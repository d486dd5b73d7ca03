package user

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Errors of logins; they come wrapped with the account's id.
var (
	ErrLoginTaken = errors.New("another account has this login")
	ErrNoLogin    = errors.New("the account has no login")
)

const maxLogin = 100 // bytes

func checkLoginName(login string) error {
	if login == "" || len(login) > maxLogin || strings.ContainsFunc(login, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}) {
		return fmt.Errorf("login: must have 1 to %d printable characters and no spaces", maxLogin)
	}
	return nil
}

// putLogin gives an account a login that was checked.
func putLogin(tx *db.Tx, id int64, login string) error {
	login = strings.ToLower(login)
	if err := freeLogin(tx, login, id); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO account_login (account_id, login, password_hash) VALUES ($1, $2, '')
		ON CONFLICT (account_id) DO UPDATE SET login = excluded.login`, id, login)
	return err
}

// freeLogin sees to it that no account but one has a login. A deleted one gives it up.
func freeLogin(tx *db.Tx, login string, but int64) error {
	var owner int64
	var status Status
	err := tx.One(`SELECT a.id, a.status FROM account_login l JOIN account a ON a.id = l.account_id
		WHERE l.login = $1`, []any{login}, &owner, &status)
	switch {
	case errors.Is(err, db.ErrNotFound), err == nil && owner == but:
		return nil
	case err == nil && status == Deleted:
		_, err = tx.Exec(`DELETE FROM account_login WHERE account_id = $1`, owner)
	case err == nil:
		return ErrLoginTaken
	}
	return err
}

// SetPassword changes the password of an account that has a login, and closes the
// account's sessions.
func (m *Module) SetPassword(ctx context.Context, id int64, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := m.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	err = m.administer(ctx, id, func(tx *db.Tx) error {
		found, err := tx.Exec(`UPDATE account_login SET password_hash = $2 WHERE account_id = $1`, id, hash)
		if err == nil && found == 0 {
			err = ErrNoLogin
		}
		if err != nil {
			return err
		}
		// What an account opens within a lifetime are few: logging in is slowed.
		_, err = tx.Exec(`UPDATE user_session SET closed_ms = $1, closed_by = $2 WHERE account_id = $3 AND `+isOpen,
			tx.Now(), int64(byOperator), id)
		return errors.Join(err, tx.Touch(TopicKey))
	})
	m.keys.outdate()
	return err
}
