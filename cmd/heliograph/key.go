package main

import (
	"context"
	"fmt"
	"io"
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
	Scopes  []string  `placeholder:"SCOPE" help:"What it may do: user, message:read, campaign:write … (everything)."`
	IPs     []string  `name:"ips" placeholder:"NETWORK" help:"From where: 10.0.0.0/8, 192.0.2.7 … (anywhere)."`
	Expires time.Time `format:"2006-01-02" placeholder:"DATE" help:"The first day (UTC) on which it is refused (never)."`
}

func (c *keyCreate) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		made, key, err := o.users.CreateKey(ctx, c.ID, user.KeyOptions{Scopes: c.Scopes, IPs: c.IPs, Expires: c.Expires})
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
