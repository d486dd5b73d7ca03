package main

import (
	"context"
	"fmt"
	"io"

	"github.com/heliograph-sms/heliograph/internal/money"
)

type priceCommands struct {
	Import priceImport `cmd:"" help:"Add and replace prices from a CSV file: countryA2,operator,price,currency."`
	List   priceList   `cmd:"" help:"List all prices."`
}

type priceImport struct {
	admin
	File string `arg:"" help:"The file, or - for standard input. An empty operator is any of the country."`
}

func (c *priceImport) Run(ctx context.Context, out *console) error {
	file, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.work(ctx, func(o *office) error {
		n, err := o.prices.ImportCSV(ctx, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		return out.say(c.JSON, map[string]int{"imported": n}, line("%d prices imported", n))
	})
}

// priceView is a price in JSON, under the names of the file's columns.
type priceView struct {
	Country  string       `json:"countryA2"`
	Operator string       `json:"operator"`
	Price    money.Amount `json:"price"`
	Currency string       `json:"currency"`
}

type priceList struct{ admin }

func (c *priceList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.prices.List(ctx)
		if err != nil {
			return err
		}
		views := make([]priceView, len(all))
		for i, p := range all {
			views[i] = priceView{p.Country, p.Operator, p.Amount, p.Currency}
		}
		return out.say(c.JSON, views, func(w io.Writer) {
			fmt.Fprintln(w, "COUNTRY\tOPERATOR\tPRICE")
			for _, p := range views {
				fmt.Fprintf(w, "%s\t%s\t%s %s\n", p.Country, orWord(p.Operator, "any"), p.Price, p.Currency)
			}
		})
	})
}
