package api

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// classDefault is the rate class of methods that name none.
const classDefault = "default"

// Limits say how often one account may call, by class: "send", "default", or a
// "module.method". A class that is not there is not limited.
type Limits map[string]Limit

// A Limit is a number of calls in a period. The zero Limit does not limit.
type Limit struct {
	Calls  int
	Period time.Duration
}

// ParseLimits reads a configuration's [limits]: class → "100/s".
func ParseLimits(texts map[string]string) (Limits, error) {
	limits := make(Limits, len(texts))
	for class, text := range texts {
		limit, err := ParseLimit(text)
		if err != nil {
			return nil, fmt.Errorf("limit %q: %w", class, err)
		}
		limits[class] = limit
	}
	return limits, nil
}

// ParseLimit reads calls per second, minute or hour, such as "100/s", "1000/m"
// or "5000/h"; "0" is no limit.
func ParseLimit(text string) (Limit, error) {
	if text == "0" {
		return Limit{}, nil
	}
	calls, unit, ok := strings.Cut(text, "/")
	period := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.Atoi(calls)
	if !ok || period == 0 || err != nil || n < 1 {
		return Limit{}, fmt.Errorf("%q is no rate such as 100/s, 1000/m or 5000/h", text)
	}
	return Limit{Calls: n, Period: period}, nil
}
