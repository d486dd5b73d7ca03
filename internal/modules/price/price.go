// Package price is the API module "price". It owns the prices of segments: by currency
// and country, and where wanted by operator. They are kept in memory as one snapshot,
// which is replaced as a whole.
package price

import (
	"context"
	"log/slog"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Topic is touched when prices change.
const Topic = "price"

// Price is what one segment costs.
type Price struct {
	Currency string       // ISO 4217
	Country  string       // ISO 3166-1 alpha-2
	Operator string       // as phone.Info names it; "" = any operator of the country
	Amount   money.Amount // not negative
}

// Module is safe for concurrent use. It is a run.Service: once started it knows
// the prices and follows changes by any process within a second.
type Module struct {
	*db.Snapshot[snapshot]
	db  *db.DB
	log *slog.Logger
}

// New makes the module, which hears of changes from w.
func New(d *db.DB, w *db.Watcher, log *slog.Logger) *Module {
	m := &Module{db: d, log: log}
	m.Snapshot = db.NewSnapshot(w, Topic, log, m.load)
	return m
}

func (m *Module) load(ctx context.Context) (*snapshot, error) {
	all, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	return newSnapshot(all), nil
}

// Price is what a segment to an operator's numbers costs: the operator's own
// price, else the country's for any operator; ok is false where neither is known.
// It only looks into memory.
func (m *Module) Price(currency, country, operator string) (amount money.Amount, ok bool) {
	return m.Get().price(currency, country, operator)
}

// Covers tells whether a country has any price in the currency, if only for some
// of its operators: why Price has none.
func (m *Module) Covers(currency, country string) bool {
	return m.Get().countries[place{currency, country}] != nil
}

// A snapshot is all prices as of one moment. It is never changed.
type snapshot struct {
	countries  map[place]map[string]money.Amount // by operator, "" for any
	currencies map[string]bool
}

type place struct{ currency, country string }

func newSnapshot(all []Price) *snapshot {
	s := &snapshot{countries: map[place]map[string]money.Amount{}, currencies: map[string]bool{}}
	for _, p := range all {
		at := place{p.Currency, p.Country}
		if s.countries[at] == nil {
			s.countries[at] = map[string]money.Amount{}
		}
		s.countries[at][p.Operator] = p.Amount
		s.currencies[p.Currency] = true
	}
	return s
}

func (s *snapshot) price(currency, country, operator string) (amount money.Amount, ok bool) {
	operators := s.countries[place{currency, country}]
	if amount, ok = operators[operator]; !ok {
		amount, ok = operators[""]
	}
	return amount, ok
}
