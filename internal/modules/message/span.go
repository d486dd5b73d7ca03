package message

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// ReadSpan reads a From/To pair of criteria, both ends included: a time stands
// for its whole second, a date for its whole day in the account's zone, an empty
// string for an open end. ok is false for anything else.
func ReadSpan(c *api.Call, from, to string) (s db.Span, ok bool) {
	if from != "" {
		begin, _, err := c.ParseMoment(from)
		if err != nil {
			return db.Span{}, false
		}
		s.FromMs = &begin
	}
	if to != "" {
		_, end, err := c.ParseMoment(to)
		if err != nil {
			return db.Span{}, false
		}
		s.BeforeMs = &end
	}
	return s, true
}
