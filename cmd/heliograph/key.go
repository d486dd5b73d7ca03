package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

type keyCommands struct {
	Create keyCreate `cmd:"" help:"Make a further API key, which is shown this once."`
	List   keyList   `cmd:"" help:"List an account's keys."`
	Revoke keyRevoke `cmd:"" help:"End a key for ever, within a second."`
}

type keyCreate struct {
	oneAccount
	Scopes  limits `placeholder:"SCOPE,..." help:"What it may do: user, message:read, campaign:write … (everything)."`
	IPs     limits `name:"ips" placeholder:"NETWORK,..." help:"From where: 10.0.0.0/8, 192.0.2.7 … (anywhere)."`
	Expires day    `placeholder:"DATE" help:"The first day (UTC) on which it is refused (never)."`
}

// limits are what a flag lists, apart by commas. One without any is refused: what a
// script meant to limit by a variable that is not set would have no limit.
type limits []string

func (l *limits) UnmarshalText(text []byte) error {
	for word := range strings.SplitSeq(string(text), ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			return fmt.Errorf("there is an empty entry in %q; to set no limit, leave the flag out", text)
		}
		*l = append(*l, word)
	}
	return nil
}

// day is a date, the beginning of one in UTC.
type day struct{ time.Time }

func (d *day) UnmarshalText(text []byte) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is no date such as 2027-01-01", text)
	}
	return nil
}

// scopeModules are what a key can be limited to: the API's modules.
var scopeModules = []string{"alphaname", "campaign", "contactCard", "contactGroup", "link", "message", "numberStopList", "price", "taskQueue", "user", "webhook"}

// checkScopes finds what would make a key that may do nothing. How they are written is
// for package user to judge.
func checkScopes(scopes []string) error {
	for _, scope := range scopes {
		module, _, _ := strings.Cut(scope, ":")
		if !slices.ContainsFunc(scopeModules, func(known string) bool { return strings.EqualFold(known, module) }) {
			return fmt.Errorf("scope %q: there is no module %q; there are %s", scope, module, strings.Join(scopeModules, ", "))
		}
	}
	return nil
}

func (c *keyCreate) Run(ctx context.Context, out *console) error {
	if err := checkScopes(c.Scopes); err != nil {
		return err
	}
	return c.work(ctx, func(o *office) error {
		made, key, err := o.users.CreateKey(ctx, c.ID, user.KeyOptions{Scopes: c.Scopes, IPs: c.IPs, Expires: c.Expires.Time})
		if err != nil {
			return err
		}
		return out.say(c.JSON, keyView{id(made), key}, keyText("key", made, key))
	})
}

// keyInfo is a key in JSON, without the key itself.
type keyInfo struct {
	ID      id       `json:"id"`
	Scopes  []string `json:"scopes"`
	IPs     []string `json:"ips"`
	Created instant  `json:"created"`
	Expires instant  `json:"expires"`
	Revoked instant  `json:"revoked"`
}

type keyList struct{ oneAccount }

func (c *keyList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		keys, err := o.users.ListKeys(ctx, c.ID)
		if err != nil {
			return err
		}
		views := make([]keyInfo, len(keys))
		for i, k := range keys {
			views[i] = keyInfo{id(k.ID), list(k.Scopes), list(k.IPs), utc(k.Created), utc(k.Expires), utc(k.Revoked)}
		}
		return out.say(c.JSON, views, func(w io.Writer) {
			fmt.Fprintln(w, "ID\tSCOPES\tADDRESSES\tCREATED\tEXPIRES\tREVOKED")
			for _, k := range views {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", k.ID,
					orWord(strings.Join(k.Scopes, ","), "everything"), orWord(strings.Join(k.IPs, ","), "anywhere"),
					k.Created, k.Expires, k.Revoked)
			}
		})
	})
}

func utc(ms int64) instant { return instant{ms, time.UTC} }

// orWord is s, or a word for nothing.
func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

type keyRevoke struct {
	admin
	ID int64 `arg:"" help:"The key's id."`
}

func (c *keyRevoke) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		if err := o.users.RevokeKey(ctx, c.ID); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"id": id(c.ID), "revoked": true}, line("key %d is revoked", c.ID))
	})
}
