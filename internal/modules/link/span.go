package link

import "time"

// span is a length of time that clicks are counted by. The numbers are stored.
type span int64

const (
	minute span = iota
	hour
	day
	month
)

var spans = []span{minute, hour, day, month}

// begin is where the period begins that a moment lies in. Moments here are what the
// clock on the account's wall shows, as if it were UTC.
func (s span) begin(at time.Time) time.Time {
	year, m, d := at.Date()
	switch s {
	case month:
		return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)
	case day:
		return time.Date(year, m, d, 0, 0, 0, 0, time.UTC)
	case hour:
		return at.Truncate(time.Hour)
	default:
		return at.Truncate(time.Minute)
	}
}

// after is where the period begins that comes n after one.
func (s span) after(begin time.Time, n int) time.Time {
	switch s {
	case month:
		return begin.AddDate(0, n, 0)
	case day:
		return begin.AddDate(0, 0, n)
	case hour:
		return begin.Add(time.Duration(n) * time.Hour)
	default:
		return begin.Add(time.Duration(n) * time.Minute)
	}
}

// minuteOf is a moment as it is stored.
func stored(at time.Time) int64 { return at.Unix() / 60 }

// shown is the inverse of stored.
func shown(minutes int64) time.Time { return time.Unix(minutes*60, 0).UTC() }
