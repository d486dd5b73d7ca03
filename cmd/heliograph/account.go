package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
)

type accountCommands struct {
	Create   accountCreate   `cmd:"" help:"Make an account with an API key, which is shown this once."`
	List     accountList     `cmd:"" help:"List all accounts."`
	Show     accountShow     `cmd:"" help:"Show an account."`
	Set      accountSet      `cmd:"" help:"Change an account."`
	Topup    accountTopup    `cmd:"" help:"Add to an account's balance."`
	Block    accountBlock    `cmd:"" help:"Block an account, within a second."`
	Unblock  accountUnblock  `cmd:"" help:"Undo a block."`
	Password accountPassword `cmd:"" help:"Set the password of an account that has a login; it is read from standard input."`
	Delete   accountDelete   `cmd:"" help:"Close an account for ever."`
}

type accountCreate struct {
	admin
	Name       string         `required:"" placeholder:"NAME" help:"What people call it."`
	Currency   string         `required:"" placeholder:"KZT" help:"ISO 4217 code."`
	Timezone   string         `default:"UTC" placeholder:"ZONE" help:"IANA name, such as Asia/Almaty (${default})."`
	Language   string         `default:"en" placeholder:"TAG" help:"en, ru, uk, kk or pt-BR (${default})."`
	Balance    money.Amount   `default:"0" placeholder:"AMOUNT" help:"Opening balance (${default})."`
	Moderation api.Moderation `default:"never" placeholder:"never|always|rules" help:"Which of its texts wait for a moderator (${default})."`
	Bar        string         `placeholder:"KZ,RU" help:"Countries it may not send to."`
}

func (c *accountCreate) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		made, key, err := o.users.CreateAccount(ctx, user.NewAccount{
			Name: c.Name, Currency: c.Currency, Timezone: c.Timezone, Language: c.Language,
			Balance: c.Balance, Moderation: c.Moderation, Barred: c.Bar,
		})
		if err != nil {
			return err
		}
		return out.say(c.JSON, keyView{id(made), key}, keyText("account", made, key))
	})
}

// keyView is what making an account or a key answers, once.
type keyView struct {
	ID     id     `json:"id"`
	APIKey string `json:"apiKey"`
}

func keyText(of string, made int64, key string) func(io.Writer) {
	return line("%s\t%d\nAPI key\t%s\n\nThe key is shown this once: keep it.", of, made, key)
}

// accountView is an account in JSON.
type accountView struct {
	ID         id             `json:"id"`
	Name       string         `json:"name"`
	Login      *string        `json:"login"` // null = none
	Currency   string         `json:"currency"`
	Balance    money.Amount   `json:"balance"`
	Timezone   string         `json:"timezone"`
	Language   string         `json:"language"`
	Moderation api.Moderation `json:"moderation"`
	APIAccess  bool           `json:"apiAccess"`
	Barred     []string       `json:"barred"`
	Guard      int64          `json:"duplicateGuard"` // seconds
	Status     string         `json:"status"`
	Created    instant        `json:"created"`
}

func viewAccount(a *user.Overview) accountView {
	return accountView{
		ID: id(a.ID), Name: a.Name, Login: api.OrNull(a.Login), Currency: a.Currency, Balance: a.Balance, Timezone: a.Timezone, Language: a.Language,
		Moderation: a.Moderation, APIAccess: a.APIAccess, Barred: list(a.Barred), Guard: a.Guard,
		Status: a.Status.String(), Created: instant{a.Created, a.Location},
	}
}

type accountList struct{ admin }

func (c *accountList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.users.List(ctx)
		if err != nil {
			return err
		}
		views := make([]accountView, len(all))
		for i := range all {
			views[i] = viewAccount(&all[i])
		}
		return out.say(c.JSON, views, func(w io.Writer) {
			fmt.Fprintln(w, "ID\tNAME\tBALANCE\tSTATUS\tTIME ZONE\tLANGUAGE\tCREATED")
			for _, a := range views {
				fmt.Fprintf(w, "%d\t%s\t%s %s\t%s\t%s\t%s\t%s\n", a.ID, a.Name, a.Balance, a.Currency, a.Status, a.Timezone, a.Language, a.Created)
			}
		})
	})
}

// oneAccount is a command on one account.
type oneAccount struct {
	admin
	ID int64 `arg:"" help:"The account's id."`
}

// change makes a change and shows the account as it is then.
func (c *oneAccount) change(ctx context.Context, out *console, change func(u *user.Module) error) error {
	return c.work(ctx, func(o *office) error {
		if err := change(o.users); err != nil {
			return err
		}
		a, err := o.users.Show(ctx, c.ID)
		if err != nil {
			return err
		}
		view := viewAccount(a)
		return out.say(c.JSON, view, func(w io.Writer) {
			fmt.Fprintf(w, "account\t%d\nname\t%s\nlogin\t%s\nbalance\t%s %s\nstatus\t%s\ntime zone\t%s\nlanguage\t%s\nmoderation\t%s\nAPI access\t%s\nbarred\t%s\nduplicate guard\t%d s\ncreated\t%s\n",
				view.ID, view.Name, orWord(a.Login, "none"), view.Balance, view.Currency, view.Status, view.Timezone, view.Language,
				view.Moderation, yesNo(view.APIAccess), orWord(strings.Join(view.Barred, " "), "none"), view.Guard, view.Created)
		})
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type accountShow struct{ oneAccount }

func (c *accountShow) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(*user.Module) error { return nil })
}

type accountSet struct {
	oneAccount
	Name       *string         `placeholder:"NAME" help:"What people call it."`
	Login      *string         `placeholder:"LOGIN" help:"What its user logs in by, in any case."`
	Timezone   *string         `placeholder:"ZONE" help:"IANA name, such as Asia/Almaty."`
	Language   *string         `placeholder:"TAG" help:"en, ru, uk, kk or pt-BR."`
	Moderation *api.Moderation `placeholder:"never|always|rules" help:"Which of its texts wait for a moderator."`
	APIAccess  *bool           `negatable:"" name:"api-access" help:"Whether it may use the API."`
	Bar        *string         `placeholder:"KZ,RU" help:"Countries it may not send to, these alone; an empty list = none."`
	Guard      *int64          `name:"duplicate-guard" placeholder:"SECONDS" help:"The same recipient, text and sender within so many seconds is the same message, which is sent once; 0 = off."`
}

func (c *accountSet) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(u *user.Module) error {
		return u.Set(ctx, c.ID, user.Changes{
			Name: c.Name, Login: c.Login, Timezone: c.Timezone, Language: c.Language, Moderation: c.Moderation,
			APIAccess: c.APIAccess, Barred: c.Bar, Guard: c.Guard,
		})
	})
}

type accountTopup struct {
	oneAccount
	Amount money.Amount `arg:"" help:"In the account's currency: 1000 or 0.5."`
}

func (c *accountTopup) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(u *user.Module) error {
		_, err := u.TopUp(ctx, c.ID, c.Amount)
		return err
	})
}

type accountBlock struct{ oneAccount }

func (c *accountBlock) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(u *user.Module) error { return u.Block(ctx, c.ID) })
}

type accountUnblock struct{ oneAccount }

func (c *accountUnblock) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(u *user.Module) error { return u.Unblock(ctx, c.ID) })
}

type accountDelete struct{ oneAccount }

func (c *accountDelete) Run(ctx context.Context, out *console) error {
	return c.change(ctx, out, func(u *user.Module) error { return u.Delete(ctx, c.ID) })
}
