package api

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// Wire forms of instants and dates (contract §1), both in the account's zone.
const (
	TimeLayout = "2006-01-02 15:04:05"
	DateLayout = "2006-01-02"
)

var errTime = errors.New("api: not a time of the form YYYY-MM-DD HH:MM:SS")

// An Account is what the door and the methods know of a caller.
type Account struct {
	ID       int64
	Currency string         // ISO 4217, such as KZT
	Language string         // BCP 47, such as en or pt-BR
	Location *time.Location // zone of every time on the wire

	Moderation      Moderation // which of its texts wait for a moderator
	BarredCountries []string   // ISO 3166 codes; see Barred

	DuplicateGuard time.Duration // for how long the same message is taken for the same call; 0 = it is not
}

// Barred tells whether the account may not send to a country.
func (a *Account) Barred(country string) bool { return slices.Contains(a.BarredCountries, country) }

// A Principal is an account together with the key or the session it came by.
type Principal struct {
	Account   *Account
	KeyID     int64    // 0 = it came by a session
	SessionID int64    // 0 = it came by a key
	Scopes    []string // "user", "message:read"; empty = everything
}

// An Authenticator knows keys. It returns an *Error of code 8, 9 or 14, or an
// ordinary error when it could not find out. A principal returned beside an
// error gives the language of the refusal.
type Authenticator interface {
	Authenticate(ctx context.Context, token string, ip netip.Addr) (*Principal, error)
}

// A Call is what a method is told beside its parameters. Account is never nil:
// in a public method it is an empty account in the default language and UTC.
type Call struct {
	*Account
	Principal
	RequestID string
	Now       time.Time
	RemoteIP  netip.Addr
	Repeat    *Repeat // what it has in common with its repetitions; nil = it came without a key

	exchange *exchange
}

// Say fills the text under a catalogue key, in the account's language.
func (c *Call) Say(key string, args Args) string { return c.exchange.speaker().say(key, args) }

// SpeakTo has the call answered in the language of an account that a public method has
// found out to be the caller's.
func (c *Call) SpeakTo(a *Account) { c.exchange.account = a }

// FormatTime gives an instant (Unix ms) its wire form in the account's zone.
func (c *Call) FormatTime(ms int64) string {
	return time.UnixMilli(ms).In(c.location()).Format(TimeLayout)
}

// TimeOrNull is FormatTime for fields that may be unset: nil for 0.
func (c *Call) TimeOrNull(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := c.FormatTime(ms)
	return &s
}

// OrNull is a text for fields that may be unset: nil for "".
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ParseTime reads YYYY-MM-DD HH:MM:SS in the account's zone, to Unix ms.
func (c *Call) ParseTime(s string) (int64, error) {
	return c.parse(TimeLayout, s)
}

// ParseDate reads YYYY-MM-DD and returns the start of that day in the
// account's zone, in Unix ms.
func (c *Call) ParseDate(s string) (int64, error) {
	return c.parse(DateLayout, s)
}

// ParseMoment reads a time or a date of the account's zone, and gives where what it
// stands for begins and ends, in Unix ms: a time stands for its whole second, a date
// for its whole day. The end is not included.
func (c *Call) ParseMoment(s string) (begin, end int64, err error) {
	if begin, err := c.ParseTime(s); err == nil {
		return begin, begin + time.Second.Milliseconds(), nil
	}
	day, err := time.Parse(DateLayout, s)
	if err != nil {
		return 0, 0, errTime
	}
	if begin, err = c.ParseDate(s); err != nil {
		return 0, 0, err
	}
	return begin, EndOfDay(day, c.location()).UnixMilli(), nil
}

// EndOfDay is where a date's day is over in a zone: the next one begins where its own
// offset says, which may be another.
func EndOfDay(date time.Time, zone *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, zone)
}

func (c *Call) parse(layout, s string) (int64, error) {
	// time.Parse takes fractions and one-digit hours that the layout does not have.
	if len(s) != len(layout) {
		return 0, errTime
	}
	t, err := time.ParseInLocation(layout, s, c.location())
	if err != nil {
		return 0, errTime
	}
	return t.UnixMilli(), nil
}

func (c *Call) location() *time.Location {
	if c.Account == nil || c.Account.Location == nil {
		return time.UTC
	}
	return c.Account.Location
}
