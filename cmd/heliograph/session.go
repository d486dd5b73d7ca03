package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

type sessionCommands struct {
	List  sessionList  `cmd:"" help:"List sessions, the newest first."`
	Close sessionClose `cmd:"" help:"Close sessions, within a second."`
}

type sessionList struct {
	admin
	Account *int64 `placeholder:"ID" help:"Those of this account (all)."`
}

// sessionInfo is a session in JSON, without its token.
type sessionInfo struct {
	ID      id      `json:"id"`
	Account id      `json:"account"`
	Created instant `json:"created"`
	Expires instant `json:"expires"`
	Closed  instant `json:"closed"`
}

func (c *sessionList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		account, err := someOrAll(ctx, o.users, c.Account)
		if err != nil {
			return err
		}
		sessions, err := o.users.ListSessions(ctx, account)
		if err != nil {
			return err
		}
		views := make([]sessionInfo, len(sessions))
		for i, s := range sessions {
			views[i] = sessionInfo{id(s.ID), id(s.AccountID), utc(s.Created), utc(s.Expires), utc(s.Closed)}
		}
		return out.say(c.JSON, views, func(w io.Writer) {
			fmt.Fprintln(w, "ID\tACCOUNT\tCREATED\tEXPIRES\tCLOSED")
			for _, s := range views {
				fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\n", s.ID, s.Account, s.Created, s.Expires, s.Closed)
			}
		})
	})
}

// someOrAll is an account that must be there, so that a wrong id does not look like an
// account without sessions; or 0 for all, where none is named.
func someOrAll(ctx context.Context, users *user.Module, account *int64) (int64, error) {
	if account == nil {
		return 0, nil
	}
	_, err := users.Show(ctx, *account)
	return *account, err
}

type sessionClose struct {
	admin
	ID      *int64 `arg:"" optional:"" help:"The session's id."`
	Account *int64 `placeholder:"ID" help:"All sessions of this account."`
	All     bool   `help:"All sessions of all accounts."`
}

// Validate asks for exactly one way to say which.
func (c *sessionClose) Validate() error {
	said := 0
	for _, way := range []bool{c.ID != nil, c.Account != nil, c.All} {
		if way {
			said++
		}
	}
	if said != 1 {
		return errors.New("which sessions? Say one of an id, --account ID and --all")
	}
	return nil
}

func (c *sessionClose) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		if err := c.close(ctx, o.users); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"closed": true}, line("closed"))
	})
}

func (c *sessionClose) close(ctx context.Context, users *user.Module) error {
	if c.ID != nil {
		err := users.CloseSession(ctx, *c.ID)
		if errors.Is(err, user.ErrNoSession) {
			return fmt.Errorf("session %d: %w", *c.ID, user.ErrNoSession)
		}
		return err
	}
	account, err := someOrAll(ctx, users, c.Account)
	if err != nil {
		return err
	}
	return users.CloseSessions(ctx, account)
}
