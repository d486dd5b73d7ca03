// Package money holds amounts as whole ten-thousandths of a currency unit.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Errors of Parse.
var (
	ErrSyntax   = errors.New("not a decimal number")
	ErrDecimals = errors.New("over four decimals")
	ErrOverflow = errors.New("amount is out of range")
)

// Amount is in 1/10000 of the currency unit: 1904280 is 190.4280. Its currency stands beside
// it. In JSON it is a string of four decimals.
type Amount int64

const (
	Min Amount = math.MinInt64 // -922337203685477.5808
	Max Amount = math.MaxInt64 // 922337203685477.5807

	places = 4
	unit   = 10_000
)

// Parse reads a plain decimal such as "190.428", "-0.0001" or "7". There is no exponent and no
// grouping, and a fifth decimal is refused even where it is 0: nothing is ever rounded. Errors
// are ErrSyntax, ErrDecimals and ErrOverflow.
func Parse(s string) (Amount, error) {
	whole, decimals, point := strings.Cut(s, ".")
	if strings.TrimLeft(whole, "+-") == "" || point && decimals == "" {
		return 0, parseError(ErrSyntax, s)
	}
	if len(decimals) > places {
		return 0, parseError(ErrDecimals, s)
	}
	n, err := strconv.ParseInt(whole+decimals+"0000"[len(decimals):], 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, parseError(ErrOverflow, s)
	case err != nil:
		return 0, parseError(ErrSyntax, s)
	}
	return Amount(n), nil
}

// parseError shows the beginning of what was given, which may be long.
func parseError(err error, s string) error {
	return fmt.Errorf("%w: %.32q", err, s)
}

// Add is a+b; ok is false where that is out of range.
func (a Amount) Add(b Amount) (sum Amount, ok bool) {
	sum = a + b
	return sum, (sum >= a) == (b >= 0)
}

// Mul is a taken n times, such as a price for n segments; ok is false where that is out of range.
func (a Amount) Mul(n int) (product Amount, ok bool) {
	if n == 0 {
		return 0, true
	}
	factor := Amount(n)
	product = a * factor
	// Min × -1 wraps to Min, which division alone would take for right.
	return product, product/factor == a && !(a == Min && factor == -1)
}

// String always has four decimals: "190.4280", "-0.5000".
func (a Amount) String() string {
	var buffer [24]byte
	text, _ := a.AppendText(buffer[:0])
	return string(text)
}

// AppendText appends what String returns.
func (a Amount) AppendText(dst []byte) ([]byte, error) {
	size := uint64(a)
	if a < 0 {
		dst = append(dst, '-')
		size = -size // right for Min too, which has no positive
	}
	dst = strconv.AppendUint(dst, size/unit, 10)
	dst = append(dst, '.')
	for digit := uint64(unit / 10); digit > 0; digit /= 10 {
		dst = append(dst, '0'+byte(size/digit%10))
	}
	return dst, nil
}

// MarshalText makes a JSON string of an amount, as the contract has it (§2).
func (a Amount) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText is Parse.
func (a *Amount) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
