package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
)

type ruleCommands struct {
	Set    ruleSet    `cmd:"" help:"Give a country its rule, in place of the one before."`
	List   ruleList   `cmd:"" help:"List all rules; a country without one takes any sender."`
	Remove ruleRemove `cmd:"" help:"Let a country take any sender again."`
}

// oneRule is a command on the rule of one country.
type oneRule struct {
	admin
	Country string `arg:"" help:"ISO 3166 code, two letters."`
}

type ruleSet struct {
	oneRule
	Alphanumeric bool `negatable:"" default:"true" help:"Whether senders with letters are taken."`
	Numeric      bool `negatable:"" default:"true" help:"Whether numbers are taken."`
	MinLength    int  `default:"1" placeholder:"N" help:"The fewest characters (${default})."`
	MaxLength    int  `default:"15" placeholder:"N" help:"The most characters (${default})."`
	Registered   bool `help:"Only senders that are registered there are taken: sender register."`
}

func (c *ruleSet) Run(ctx context.Context, out *console) error {
	rule := alphaname.Rule{
		Country: strings.ToUpper(c.Country), Alphanumeric: c.Alphanumeric, Numeric: c.Numeric,
		MinLength: c.MinLength, MaxLength: c.MaxLength, Registered: c.Registered,
	}
	return c.work(ctx, func(o *office) error {
		if err := o.senders.SetRule(ctx, rule); err != nil {
			return err
		}
		view := viewRule(rule)
		return out.say(c.JSON, view, ruleTable([]ruleView{view}))
	})
}

type ruleRemove struct{ oneRule }

func (c *ruleRemove) Run(ctx context.Context, out *console) error {
	country := strings.ToUpper(c.Country)
	return c.work(ctx, func(o *office) error {
		if err := o.senders.RemoveRule(ctx, country); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"countryA2": country, "removed": true}, line("%s takes any sender", country))
	})
}

// ruleView is a rule in JSON.
type ruleView struct {
	Country      string `json:"countryA2"`
	Alphanumeric bool   `json:"alphanumeric"`
	Numeric      bool   `json:"numeric"`
	MinLength    int    `json:"minLength"`
	MaxLength    int    `json:"maxLength"`
	Registered   bool   `json:"registered"`
}

func viewRule(r alphaname.Rule) ruleView {
	return ruleView{r.Country, r.Alphanumeric, r.Numeric, r.MinLength, r.MaxLength, r.Registered}
}

func ruleTable(views []ruleView) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprintln(w, "COUNTRY\tALPHANUMERIC\tNUMERIC\tLENGTH\tREGISTERED ONLY")
		for _, v := range views {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d-%d\t%s\n", v.Country, yesNo(v.Alphanumeric), yesNo(v.Numeric), v.MinLength, v.MaxLength, yesNo(v.Registered))
		}
	}
}

type ruleList struct{ admin }

func (c *ruleList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.senders.Rules(ctx)
		if err != nil {
			return err
		}
		views := make([]ruleView, len(all))
		for i, r := range all {
			views[i] = viewRule(r)
		}
		return out.say(c.JSON, views, ruleTable(views))
	})
}
