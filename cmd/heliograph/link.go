package main

import (
	"context"
	"fmt"
	"io"

	"github.com/heliograph-sms/heliograph/internal/modules/link"
)

type linkCommands struct {
	Show    linkShow       `cmd:"" help:"Show a short link."`
	Block   linkBlock      `cmd:"" help:"Have a short link lead nowhere, at once."`
	Unblock linkUnblock    `cmd:"" help:"Let a blocked link lead on again."`
	Domain  domainCommands `cmd:"" help:"Domains that links must not lead to."`
}

// oneLink is a command on a link.
type oneLink struct {
	admin
	Link string `arg:"" help:"Its id, its code or a recipient's, or the whole short link."`
}

// linkView is a link in JSON.
type linkView struct {
	ID         id      `json:"id"`
	Account    id      `json:"account"`
	Campaign   *id     `json:"campaign"` // null = it was made by itself
	Code       string  `json:"code"`
	FullLink   string  `json:"fullLink"`
	Active     bool    `json:"active"`
	Blocked    bool    `json:"blocked"`
	Expiration *string `json:"expirationDate"`
	Clicks     int64   `json:"clicks"`
	Redirects  int64   `json:"redirects"`
	Created    instant `json:"created"`
	Deleted    instant `json:"deleted"`
}

func viewLink(l *link.Link) linkView {
	v := linkView{
		ID: id(l.ID), Account: id(l.AccountID), Code: l.Code, FullLink: l.FullLink, Active: l.Status == link.Active, Blocked: l.ModeratorStatus == link.Blocked,
		Clicks: l.Clicks, Redirects: l.Redirects, Created: utc(l.CreatedMs), Deleted: utc(l.DeletedMs),
	}
	if l.CampaignID != 0 {
		v.Campaign = new(id(l.CampaignID))
	}
	if l.ExpirationDate != "" {
		v.Expiration = &l.ExpirationDate
	}
	return v
}

// state is a link's, in a word.
func (v *linkView) state() string {
	switch {
	case v.Deleted.ms != 0:
		return "deleted"
	case v.Blocked:
		return "blocked"
	case !v.Active:
		return "off"
	default:
		return "on"
	}
}

type linkShow struct{ oneLink }

func (c *linkShow) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		l, err := o.links.Find(ctx, c.Link)
		if err != nil {
			return err
		}
		v := viewLink(l)
		return out.say(c.JSON, v, func(w io.Writer) {
			fmt.Fprintln(w, "ID\tACCOUNT\tCODE\tSTATE\tCLICKS\tPEOPLE\tLEADS TO")
			fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%d\t%d\t%s\n", v.ID, v.Account, v.Code, v.state(), v.Clicks, v.Redirects, oneLine(v.FullLink))
		})
	})
}

type linkBlock struct{ oneLink }

func (c *linkBlock) Run(ctx context.Context, out *console) error {
	return c.set(ctx, out, true, "link %d leads nowhere")
}

type linkUnblock struct{ oneLink }

func (c *linkUnblock) Run(ctx context.Context, out *console) error {
	return c.set(ctx, out, false, "link %d leads on")
}

func (c *oneLink) set(ctx context.Context, out *console, blocked bool, words string) error {
	return c.work(ctx, func(o *office) error {
		found, err := o.links.SetBlocked(ctx, c.Link, blocked)
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"id": id(found), "blocked": blocked}, line(words, found))
	})
}

type domainCommands struct {
	Block   domainBlock   `cmd:"" help:"Forbid a domain, with all names below it: no link to there is made, and those that there are lead nowhere."`
	Unblock domainUnblock `cmd:"" help:"Allow a domain again."`
	List    domainList    `cmd:"" help:"List the forbidden domains."`
}

// oneDomain is a command on a domain.
type oneDomain struct {
	admin
	Domain string `arg:"" help:"Such as shop.example."`
}

type domainBlock struct{ oneDomain }

func (c *domainBlock) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		if err := o.links.BlockDomain(ctx, c.Domain); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"domain": c.Domain, "blocked": true}, line("no link leads to %s", c.Domain))
	})
}

type domainUnblock struct{ oneDomain }

func (c *domainUnblock) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		if err := o.links.UnblockDomain(ctx, c.Domain); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"domain": c.Domain, "blocked": false}, line("links may lead to %s", c.Domain))
	})
}

type domainList struct{ admin }

func (c *domainList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.links.BlockedDomains(ctx)
		if err != nil {
			return err
		}
		return out.say(c.JSON, append([]string{}, all...), func(w io.Writer) {
			for _, domain := range all {
				fmt.Fprintln(w, domain)
			}
		})
	})
}
