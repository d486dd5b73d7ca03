package message

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// ReadSpan reads a From/To pair of criteria: a time stands for its whole second, a date
// for its whole day in the account's zone, an empty string for an open end. ok is false
// for anything else.
func ReadSpan(c *api.Call, from, to string) (s db.Span, ok bool) {
	return db.ReadSpan(c.ParseMoment, from, to)
}
