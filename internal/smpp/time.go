package smpp

import (
	"errors"
	"fmt"
	"time"
)

// ErrTime is a time that is not in the format of §7.1.1.
var ErrTime = errors.New("smpp: not a time of the form YYMMDDhhmmsstnnp")

// FormatTime is t in absolute form (§7.1.1.1), "YYMMDDhhmmsstnnp": tenths of a second, then t's offset from UTC in
// quarters of an hour and its sign.
func FormatTime(t time.Time) string {
	_, offset := t.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	tenths := t.Nanosecond() / int(100*time.Millisecond)
	return fmt.Sprintf("%s%d%02d%c", t.Format("060102150405"), tenths, offset/(15*60), sign)
}

// FormatPeriod is d in relative form (§7.1.1.2), "YYMMDDhhmmss000R", from the moment the SMSC takes the message. It
// is written in days (up to 99), hours, minutes and seconds; months and years have no fixed length and stay zero.
func FormatPeriod(d time.Duration) (string, error) {
	seconds := int64(d / time.Second)
	days := seconds / 86400
	if d < 0 || days > 99 {
		return "", fmt.Errorf("%w: a period of %v is not within 0 and 99 days", ErrTime, d)
	}
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", days, seconds/3600%24, seconds/60%60, seconds%60), nil
}

// ParseTime reads either form. A relative one counts from now; its months and years are the calendar's.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if len(s) != 16 || !allDigits(s[:15]) {
		return time.Time{}, fmt.Errorf("%w: %q", ErrTime, s)
	}
	switch s[15] {
	case 'R':
		return now.AddDate(pair(s, 0), pair(s, 2), pair(s, 4)).Add(
			time.Duration(pair(s, 6))*time.Hour + time.Duration(pair(s, 8))*time.Minute + time.Duration(pair(s, 10))*time.Second), nil
	case '+':
		return parseAbsolute(s, 1)
	case '-':
		return parseAbsolute(s, -1)
	}
	return time.Time{}, fmt.Errorf("%w: %q", ErrTime, s)
}

func parseAbsolute(s string, sign int) (time.Time, error) {
	quarters := pair(s, 13)
	if quarters > 48 {
		return time.Time{}, fmt.Errorf("%w: offset of %d quarters of an hour", ErrTime, quarters)
	}
	zone := time.FixedZone("", sign*quarters*15*60)
	if quarters == 0 {
		zone = time.UTC
	}
	t, err := time.ParseInLocation("060102150405", s[:12], zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", ErrTime, err)
	}
	// Two digits of year: time.Parse splits at 69, but nothing was ever scheduled in SMPP before the year 2000.
	if t.Year() < 2000 {
		t = t.AddDate(100, 0, 0)
	}
	return t.Add(time.Duration(s[12]-'0') * 100 * time.Millisecond), nil
}

func pair(s string, at int) int { return int(s[at]-'0')*10 + int(s[at+1]-'0') }

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
