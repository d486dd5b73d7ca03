package alphaname

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// maxLength is that of the longest sender, a number.
const maxLength = 15

// ErrNoRule comes wrapped with the country.
var ErrNoRule = errors.New("has no rule")

// Rule says what a sender may look like in a country. Without one it may be any.
type Rule struct {
	Country              string // ISO 3166-1 alpha-2
	Alphanumeric         bool   // it may have letters
	Numeric              bool   // it may be of digits alone
	MinLength, MaxLength int    // characters
	Registered           bool   // it must be registered there
}

// AnySender is the rule of a country that has none.
func AnySender(country string) Rule {
	return Rule{Country: country, Alphanumeric: true, Numeric: true, MinLength: 1, MaxLength: maxLength}
}

func (r *Rule) allows(a *Alphaname) bool {
	kind := r.Alphanumeric
	if a.Numeric() {
		kind = r.Numeric
	}
	return kind && len(a.Name) >= r.MinLength && len(a.Name) <= r.MaxLength &&
		(!r.Registered || slices.Contains(a.Registered, r.Country))
}

func (r *Rule) check() error {
	_, known := phone.FindCountry(r.Country)
	switch {
	case !known:
		return errors.New("no such ISO 3166 code")
	case !r.Alphanumeric && !r.Numeric:
		return errors.New("the rule would allow no sender at all")
	case r.MinLength < 1 || r.MaxLength > maxLength || r.MinLength > r.MaxLength:
		return fmt.Errorf("the lengths must be from 1 to %d, the minimum not over the maximum", maxLength)
	case *r == AnySender(r.Country):
		return errors.New("the rule would allow any sender, as none does")
	}
	return nil
}

// SetRule gives a country its rule, in place of the one before. Messages that wait in
// the queue with a sender that it does not allow are rejected and paid back.
func (m *Module) SetRule(ctx context.Context, r Rule) error {
	err := r.check()
	if err == nil {
		err = m.change(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO alphaname_rule (country, alphanumeric, digits, min_length, max_length, registered)
				VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (country) DO UPDATE SET alphanumeric = excluded.alphanumeric,
				digits = excluded.digits, min_length = excluded.min_length, max_length = excluded.max_length, registered = excluded.registered`,
				r.Country, flag(r.Alphanumeric), flag(r.Numeric), r.MinLength, r.MaxLength, flag(r.Registered))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("country %q: %w", r.Country, err)
	}
	return nil
}

// RemoveRule lets senders look like anything in a country again.
func (m *Module) RemoveRule(ctx context.Context, country string) error {
	err := m.change(ctx, func(tx *db.Tx) error {
		found, err := tx.Exec(`DELETE FROM alphaname_rule WHERE country = $1`, country)
		if err == nil && found == 0 {
			err = ErrNoRule
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("country %q: %w", country, err)
	}
	return nil
}

// Rules reads all rules in order of country.
func (m *Module) Rules(ctx context.Context) (all []Rule, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT country, alphanumeric, digits, min_length, max_length, registered FROM alphaname_rule ORDER BY country`,
			func(rows db.Row) error {
				var r Rule
				err := rows.Scan(&r.Country, &r.Alphanumeric, &r.Numeric, &r.MinLength, &r.MaxLength, &r.Registered)
				all = append(all, r)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("read the rules of senders: %w", err)
	}
	return all, nil
}

// flag is how a boolean is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
