package money

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCurrency is returned for what cannot be a currency code.
var ErrCurrency = errors.New("currency is not three letters")

// Currency is an ISO 4217 code in capitals, such as "KZT".
type Currency string

// ParseCurrency reads a code in any case. It checks the form only: which currencies are in use
// is for the operator's prices to say.
func ParseCurrency(s string) (Currency, error) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if len(s) != 3 || strings.Trim(s, letters) != "" {
		return "", fmt.Errorf("%w: %.32q", ErrCurrency, s)
	}
	return Currency(strings.ToUpper(s)), nil
}

// UnmarshalText is ParseCurrency.
func (c *Currency) UnmarshalText(text []byte) error {
	parsed, err := ParseCurrency(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}
