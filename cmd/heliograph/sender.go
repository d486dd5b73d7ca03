package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

type senderCommands struct {
	Add      senderAdd      `cmd:"" help:"Add a sender to an account, or to all."`
	Request  senderRequest  `cmd:"" help:"Ask for a sender on behalf of an account."`
	Approve  senderApprove  `cmd:"" help:"Make a sender usable."`
	Refuse   senderRefuse   `cmd:"" help:"Make a sender unusable; what waits in the queue with it is rejected and paid back."`
	Default  senderDefault  `cmd:"" help:"Make a sender the one that is taken where a message names none."`
	Register senderRegister `cmd:"" help:"Say in which countries a sender is registered."`
	List     senderList     `cmd:"" help:"List all senders."`
	Remove   senderRemove   `cmd:"" help:"Take a sender away."`
	Rule     ruleCommands   `cmd:"" help:"What a sender may look like, by country."`
}

// namedSender is a command on a sender that is known by its owner and name.
type namedSender struct {
	admin
	Shared  bool   `required:"" xor:"owner" help:"It is for all accounts."`
	Account int64  `required:"" xor:"owner" placeholder:"ID" help:"It is for this account."`
	Name    string `arg:"" help:"Up to 11 letters and digits, or a number."`
}

// owner is the account of the sender, which must be there.
func (c *namedSender) owner(ctx context.Context, o *office) (int64, error) {
	if c.Shared {
		return alphaname.Shared, nil
	}
	_, err := o.users.Show(ctx, c.Account)
	return c.Account, err
}

type senderAdd struct {
	namedSender
	Default bool `help:"It is taken where a message names none."`
}

func (c *senderAdd) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		owner, err := c.owner(ctx, o)
		if err != nil {
			return err
		}
		made, err := o.senders.Add(ctx, owner, c.Name, c.Default)
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"id": id(made)}, line("sender %s is added", c.Name))
	})
}

type senderRequest struct {
	admin
	Account     int64  `required:"" placeholder:"ID" help:"The account that asks."`
	Name        string `arg:"" help:"Up to 11 letters and digits, or a number."`
	Description string `placeholder:"TEXT" help:"Whose it is and what for."`
}

func (c *senderRequest) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		if _, err := o.users.Show(ctx, c.Account); err != nil {
			return err
		}
		made, err := o.senders.Request(ctx, c.Account, c.Name, c.Description)
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"id": id(made)}, line("sender %s waits for approval: sender approve %d", c.Name, made))
	})
}

type senderRemove struct{ namedSender }

func (c *senderRemove) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		owner, err := c.owner(ctx, o)
		if err != nil {
			return err
		}
		if err := o.senders.Remove(ctx, owner, c.Name); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"name": c.Name, "removed": true}, line("sender %s is removed", c.Name))
	})
}

// oneSender is a command on a sender that is known by its id.
type oneSender struct {
	admin
	ID int64 `arg:"" help:"The sender's id, as sender list shows it."`
}

// change makes a change and shows the sender as it is then.
func (c *oneSender) change(ctx context.Context, out *console, change func(m *alphaname.Module) error) error {
	return c.work(ctx, func(o *office) error {
		if err := change(o.senders); err != nil {
			return err
		}
		all, err := o.senders.List(ctx)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].ID == c.ID {
				view := viewSender(&all[i])
				return out.say(c.JSON, view, senderTable([]senderView{view}))
			}
		}
		return fmt.Errorf("sender %d was removed meanwhile", c.ID)
	})
}

type senderApprove struct {
	oneSender
	Expires time.Time `format:"2006-01-02" placeholder:"DATE" help:"The first day (UTC) on which it is usable no more (never)."`
}

func (c *senderApprove) Run(ctx context.Context, out *console) error {
	until := int64(0)
	if !c.Expires.IsZero() {
		until = c.Expires.UnixMilli()
	}
	return c.change(ctx, out, func(m *alphaname.Module) error { return m.Approve(ctx, c.ID, until) })
}

type senderRefuse struct {
	oneSender
	Comment string `required:"" placeholder:"TEXT" help:"Why; its account can read it."`
}

func (c *senderRefuse) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(m *alphaname.Module) error { return m.Refuse(ctx, c.ID, c.Comment) })
}

type senderDefault struct {
	oneSender
	Off bool `help:"It is the default no more."`
}

func (c *senderDefault) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(m *alphaname.Module) error { return m.SetDefault(ctx, c.ID, !c.Off) })
}

type senderRegister struct {
	oneSender
	Countries string `arg:"" placeholder:"KZ,RU" help:"In these alone; none = nowhere."`
}

func (c *senderRegister) Run(ctx context.Context, out *console) error {
	if strings.EqualFold(c.Countries, "none") {
		c.Countries = ""
	}
	countries, err := phone.ParseCountries(c.Countries)
	if err != nil {
		return err
	}
	return c.change(ctx, out, func(m *alphaname.Module) error { return m.Register(ctx, c.ID, countries) })
}

// senderView is a sender in JSON; a shared one has no account.
type senderView struct {
	ID          id       `json:"id"`
	Account     *id      `json:"account"`
	Name        string   `json:"name"`
	Default     bool     `json:"default"`
	Status      string   `json:"status"`
	Description string   `json:"description"`
	Comment     string   `json:"comment"`
	Registered  []string `json:"registered"`
	Expires     instant  `json:"expires"`
}

func viewSender(a *alphaname.Alphaname) senderView {
	v := senderView{
		ID: id(a.ID), Name: a.Name, Default: a.Default, Status: a.Status.String(), Description: a.Description, Comment: a.Comment,
		Registered: list(a.Registered), Expires: utc(a.Expires),
	}
	if a.AccountID != alphaname.Shared {
		v.Account = new(id(a.AccountID))
	}
	return v
}

func (v senderView) owner() string {
	if v.Account == nil {
		return "all"
	}
	return fmt.Sprint(int64(*v.Account))
}

// note is what a moderator wants to know of it.
func (v senderView) note() string {
	switch {
	case v.Comment != "":
		return v.Comment
	case v.Status == alphaname.Waiting.String():
		return v.Description
	case v.Expires.ms != 0:
		return "until " + v.Expires.String()
	}
	return ""
}

func senderTable(views []senderView) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprintln(w, "ID\tNAME\tACCOUNT\tDEFAULT\tREGISTERED\tSTATUS\tNOTE")
		for _, v := range views {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", v.ID, v.Name, v.owner(), yesNo(v.Default),
				orWord(strings.Join(v.Registered, " "), "nowhere"), v.Status, v.note())
		}
	}
}

type senderList struct{ admin }

func (c *senderList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.senders.List(ctx)
		if err != nil {
			return err
		}
		views := make([]senderView, len(all))
		for i := range all {
			views[i] = viewSender(&all[i])
		}
		return out.say(c.JSON, views, senderTable(views))
	})
}
