package message

import (
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// ReadSpan reads a From/To pair of criteria, both ends included: a time stands
// for its whole second, a date for its whole day in the account's zone, an empty
// string for an open end. ok is false for anything else.
func ReadSpan(c *api.Call, from, to string) (s db.Span, ok bool) {
	if from != "" {
		begin, _, ok := moment(c, from)
		if !ok {
			return db.Span{}, false
		}
		s.FromMs = &begin
	}
	if to != "" {
		_, end, ok := moment(c, to)
		if !ok {
			return db.Span{}, false
		}
		s.BeforeMs = &end
	}
	return s, true
}

// moment reads a time or a date, and where what it stands for begins and ends.
func moment(c *api.Call, value string) (begin, end int64, ok bool) {
	if begin, err := c.ParseTime(value); err == nil {
		return begin, begin + time.Second.Milliseconds(), true
	}
	day, err := time.Parse(api.DateLayout, value)
	if err != nil {
		return 0, 0, false
	}
	begin, err = c.ParseDate(value)
	if err != nil {
		return 0, 0, false
	}
	// The next day begins where its own zone offset says, which may have changed.
	end, err = c.ParseDate(day.AddDate(0, 0, 1).Format(api.DateLayout))
	return begin, end, err == nil
}
