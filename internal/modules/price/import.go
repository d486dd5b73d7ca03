package price

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

const (
	maxRows     = 100_000 // of an import
	maxOperator = 100     // characters
)

var columns = []string{"countryA2", "operator", "price", "currency"}

// ImportCSV adds prices, or replaces those that are there, from a file with the
// columns countryA2, operator, price and currency; a header of these names may
// stand first. An empty operator is any operator of the country. Everything is
// checked before anything is written; an error names the line. At most 100 000
// rows. It returns how many there were.
//
// All of the file stands or nothing of it, whatever dies when; servers see it all at
// once.
func (m *Module) ImportCSV(ctx context.Context, r io.Reader) (n int, err error) {
	prices, err := parseCSV(r)
	if err != nil {
		return 0, err
	}
	return len(prices), m.put(ctx, prices)
}

// SetAll gives countries one price for any operator.
func (m *Module) SetAll(ctx context.Context, currency string, amount money.Amount, countries []string) error {
	var prices []Price
	for _, country := range slices.Compact(slices.Sorted(slices.Values(countries))) {
		p := Price{Currency: currency, Country: country, Amount: amount}
		if err := p.check(); err != nil {
			return err
		}
		prices = append(prices, p)
	}
	return m.put(ctx, prices)
}

func parseCSV(r io.Reader) ([]Price, error) {
	text := bufio.NewReader(r)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\ufeff" {
		text.Discard(len(mark))
	}
	rows := csv.NewReader(text)
	rows.FieldsPerRecord = len(columns)
	rows.ReuseRecord = true
	var prices []Price
	lines := map[Price]int{} // where the price of a place stands
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, rowError(err)
		}
		if len(lines) == 0 && isHeader(row) {
			continue
		}
		line, _ := rows.FieldPos(0)
		p, err := parseRow(row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if before := lines[p.key()]; before != 0 {
			return nil, fmt.Errorf("line %d: the same country, operator and currency as line %d", line, before)
		}
		if len(prices) == maxRows {
			return nil, fmt.Errorf("line %d: over %d prices: split the file", line, maxRows)
		}
		lines[p.key()] = line
		prices = append(prices, p)
	}
	if len(prices) == 0 {
		return nil, errors.New("there are no prices in the file")
	}
	return prices, nil
}

// rowError says in our words what is wrong with a row that is no row.
func rowError(err error) error {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, csv.ErrFieldCount) && errors.As(err, &parse):
		return fmt.Errorf("line %d: must have the columns %s", parse.Line, strings.Join(columns, ","))
	case errors.As(err, &parse):
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return err
}

func isHeader(row []string) bool {
	return slices.EqualFunc(row, columns, func(cell, name string) bool { return strings.EqualFold(strings.TrimSpace(cell), name) })
}

func parseRow(row []string) (Price, error) {
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	p := Price{Country: strings.ToUpper(row[0]), Operator: row[1], Currency: row[3]}
	var err error
	if p.Amount, err = money.Parse(row[2]); err != nil {
		return Price{}, fmt.Errorf("price: %w", err)
	}
	return p, p.check()
}

// key is the price without its amount.
func (p Price) key() Price {
	p.Amount = 0
	return p
}

func (p *Price) check() error {
	currency, err := money.ParseCurrency(p.Currency)
	if err != nil {
		return err
	}
	p.Currency = string(currency)
	_, known := phone.FindCountry(p.Country)
	switch {
	case !known:
		return fmt.Errorf("country %q: no such ISO 3166 code", p.Country)
	case !utf8.ValidString(p.Operator) || strings.Contains(p.Operator, "\x00"):
		return fmt.Errorf("operator %q: must be UTF-8", p.Operator)
	case utf8.RuneCountInString(p.Operator) > maxOperator:
		return fmt.Errorf("operator: must not be longer than %d characters", maxOperator)
	case p.Amount < 0:
		return fmt.Errorf("price %s: must not be negative", p.Amount)
	}
	return nil
}
