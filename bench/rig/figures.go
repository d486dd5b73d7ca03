package rig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is n per second.
func Rate(n int64, in time.Duration) float64 { return float64(n) / in.Seconds() }

// PerMessage is processor time in milliseconds for each of n messages; of none it is 0.
func PerMessage(cpu time.Duration, n int64) float64 {
	if n <= 0 {
		return 0
	}
	return float64(cpu) / float64(time.Millisecond) / float64(n)
}

// Median returns the middle value, or the mean of the two middle ones. Of no values it is 0.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

var errNoCounter = errors.New("the server publishes no such counter")

// Counter adds up a counter over its labels, in the text format of Prometheus. One that is not there is an error: a
// counter that is announced but has no labels yet stands at 0.
func Counter(metrics []byte, name string) (int64, error) {
	var sum float64
	found := false
	for line := range bytes.Lines(metrics) {
		text := strings.TrimSpace(string(line))
		found = found || strings.HasPrefix(text, "# TYPE "+name+" ")
		rest, ok := strings.CutPrefix(text, name)
		if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("%s: %w", name, errNoCounter)
	}
	return int64(sum), nil
}
