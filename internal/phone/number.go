package phone

import (
	"errors"
	"log/slog"
	"strings"
	"unicode"
)

// Errors of Clean and Lookup. The first three are item codes 1, 2 and 3 of
// campaign/addRecipients, the last is 7 (contract §4).
var (
	ErrEmpty            = errors.New("number is missing")
	ErrNoDigits         = errors.New("value has no number in it")
	ErrNotInternational = errors.New("not an international number")
	ErrUnknownCountry   = errors.New("country of the number is unknown")
)

// The lengths of an international number, country code included (ITU-T E.164 §6.1 for the upper).
const (
	minDigits = 7
	maxDigits = 15
)

// Number is a number in international format, digits only: "77010000001". Clean makes one.
type Number string

// Clean takes everything but the digits away (contract §1) and checks that 7 to 15 are left. No
// country code begins with 0: such a number is in a domestic or a dialled form ("050…", "00 7…"),
// and what it means would have to be guessed. Digits of other scripts are refused, not stripped,
// since a number that loses a digit is somebody else's. Errors are ErrEmpty, ErrNoDigits and
// ErrNotInternational. The result may share memory with s.
func Clean(s string) (Number, error) {
	if s == "" {
		return "", ErrEmpty
	}
	var digits [maxDigits]byte
	n := 0
	for _, r := range s {
		switch {
		case '0' <= r && r <= '9':
			if n == maxDigits {
				return "", ErrNotInternational
			}
			digits[n] = byte(r)
			n++
		case unicode.IsDigit(r):
			return "", ErrNotInternational
		}
	}
	switch {
	case n == 0:
		return "", ErrNoDigits
	case n < minDigits || digits[0] == '0':
		return "", ErrNotInternational
	case n == len(s):
		return Number(s), nil
	}
	return Number(digits[:n]), nil
}

// Shorten hides the middle of a number, for logs: "7701*****01". At least five digits are hidden,
// so less is shown of a short one.
func Shorten(number string) string {
	const tail, hidden = 2, 5
	if len(number) <= hidden {
		return strings.Repeat("*", len(number))
	}
	head := min(4, max(0, len(number)-hidden-tail))
	end := max(len(number)-tail, hidden)
	return number[:head] + strings.Repeat("*", end-head) + number[end:]
}

// LogValue keeps whole numbers out of logs.
func (n Number) LogValue() slog.Value { return slog.StringValue(Shorten(string(n))) }

// Digits are those of a part of a number, whatever stands between them; "" = there are none.
func Digits(part string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, part)
}
