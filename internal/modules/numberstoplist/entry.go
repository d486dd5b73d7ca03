package numberstoplist

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/phone"
)

// Global stands for the account of entries that are for all accounts.
const Global int64 = 0

// Errors of ranges and entries.
var (
	ErrOrder   = errors.New("the range ends before it begins")
	ErrComment = fmt.Errorf("the comment must be text of up to %d characters", maxComment)
	ErrNone    = errors.New("is not on the list")
)

const maxComment = 255 // characters

// Entry is a number, or a range, that messages do not go to.
type Entry struct {
	ID        int64
	AccountID int64 // whose messages; or Global
	Numbers   Range
	Comment   string
	CreatedBy int64 // the account; 0 = the operator
	CreatedMs int64
}

func checkComment(text string) error {
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") || utf8.RuneCountInString(text) > maxComment {
		return ErrComment
	}
	return nil
}

// Range is numbers in a row, both ends included. A single number is a range of one.
type Range struct{ From, To int64 }

// ParseRange reads "77010000001", or "77010000000-77019999999". A number may be written
// as for phone.Clean, whose errors it has; ErrOrder is another.
func ParseRange(s string) (Range, error) {
	if from, to, two := strings.Cut(s, "-"); two && !strings.Contains(to, "-") {
		r, err := rangeOf(from, to)
		if err == nil || errors.Is(err, ErrOrder) {
			return r, err
		}
	}
	return rangeOf(s, s) // a dash may be a mere ornament
}

func rangeOf(from, to string) (r Range, err error) {
	if r.From, err = parseNumber(from); err != nil {
		return Range{}, err
	}
	if r.To, err = parseNumber(to); err != nil {
		return Range{}, err
	}
	if r.From > r.To {
		return Range{}, ErrOrder
	}
	return r, nil
}

func parseNumber(s string) (int64, error) {
	clean, err := phone.Clean(s)
	n, _ := digits(clean)
	return n, err
}

// digits is a number as phone.Clean gives it: at most 15 digits, the first no zero.
func digits(number phone.Number) (n int64, is bool) {
	if len(number) > 15 {
		return 0, false
	}
	for i := range len(number) {
		d := number[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, n != 0
}

// Single tells whether the range is one number.
func (r Range) Single() bool { return r.From == r.To }

// String is the range as it stands on the wire.
func (r Range) String() string {
	text := strconv.AppendInt(nil, r.From, 10)
	if !r.Single() {
		text = strconv.AppendInt(append(text, '-'), r.To, 10)
	}
	return string(text)
}
