package user

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// DefaultSessionLifetime is how long a session lasts from its login.
const DefaultSessionLifetime = 12 * time.Hour

type loginParams struct {
	Login    string `param:"login,required" doc:"The account's login, in any case."`
	Password string `param:"password,required" doc:"Its password."`
}

type opened struct {
	Token     string `json:"token" doc:"What goes where an API key goes; shown this once."`
	ExpiresTs string `json:"expiresTs" doc:"When the session ends."`
}

// login opens a session. An unknown login and a wrong password look alike and cost
// alike: code 8. Who guesses too often gets 30 before anything is looked at.
func (m *Module) login(ctx context.Context, c *api.Call, p *loginParams) (any, error) {
	login := strings.ToLower(p.Login)
	t := newTry(login, c.RemoteIP)
	if err := m.mayTry(ctx, t); err != nil {
		return nil, err
	}
	accountID, hash, err := m.checkLogin(ctx, login, p.Password, t)
	if err != nil {
		return nil, err
	}
	if err := m.forgive(ctx, t); err != nil {
		return nil, err
	}
	a, err := m.Account(ctx, accountID)
	if err != nil {
		return nil, err
	}
	c.SpeakTo(a.Public())
	if refusal := refuseAccount(a.Status, a.APIAccess); refusal != nil {
		return nil, refusal
	}
	token, expires, err := m.openSession(ctx, accountID, hash)
	switch {
	case errors.Is(err, ErrDeleted): // since the account was read
		return nil, api.AccountDeleted()
	case err != nil:
		return nil, err
	}
	c.KeepToken(token, time.UnixMilli(expires))
	return opened{Token: token, ExpiresTs: time.UnixMilli(expires).In(a.Location).Format(api.TimeLayout)}, nil
}

// checkLogin returns whose login it is, and the hash that the password fits; else code 8.
func (m *Module) checkLogin(ctx context.Context, login, password string, t *try) (accountID int64, hash string, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT account_id, password_hash FROM account_login WHERE login = $1`, []any{login}, &accountID, &hash)
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return 0, "", fmt.Errorf("look a login up: %w", err)
	}
	if len(password) > maxPassword {
		password, hash = "", "" // too long to be one
	}
	fits, err := m.hasher.fits(ctx, password, hash, func() error { return m.countTry(ctx, t) })
	if err != nil {
		return 0, "", fmt.Errorf("check a password: %w", err)
	}
	if !fits {
		return 0, "", api.Login("login.wrongPassword")
	}
	return accountID, hash, nil
}

// logout closes the session of the call. A key is no session: code 8.
func (m *Module) logout(ctx context.Context, c *api.Call, _ *struct{}) (any, error) {
	if c.SessionID == 0 {
		return nil, api.Login("login.noSession")
	}
	err := m.closeSessions(ctx, byUser, `id = $3`, c.SessionID)
	switch {
	case errors.Is(err, ErrNoSession): // it ended since the door looked
		return nil, m.ended(ctx, c.SessionID)
	case err != nil:
		return nil, err
	}
	c.ForgetToken()
	return true, nil
}
