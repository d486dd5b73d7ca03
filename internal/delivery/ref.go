package delivery

import (
	"slices"
	"strconv"
	"strings"
)

// refKey is a carrier's message id, folded.
type refKey struct {
	carrier int64
	ref     string
}

// fold makes ids comparable that a carrier writes in one way in the response and
// in another in the receipt: case and leading zeros do not count.
func fold(ref string) string {
	ref = strings.ToLower(strings.TrimSpace(ref))
	trimmed := strings.TrimLeft(ref, "0")
	if trimmed == "" && ref != "" {
		return "0"
	}
	return trimmed
}

// refs are the folded ids under which a receipt's segment may be known, likeliest
// first: the id as it is, then the same number in the other base, because many
// carriers answer in hexadecimal and report in decimal, or the other way round.
func refs(id string) []string {
	folded := fold(id)
	all := []string{folded}
	if n, err := strconv.ParseUint(folded, 10, 64); err == nil {
		all = append(all, strconv.FormatUint(n, 16))
	}
	if n, err := strconv.ParseUint(folded, 16, 64); err == nil {
		all = append(all, strconv.FormatUint(n, 10))
	}
	return slices.Compact(all)
}

// sameNumber tells whether two writings may mean one number: a carrier may drop
// or add a prefix, so the last digits decide. An absent one contradicts nothing.
func sameNumber(a, b string) bool {
	a, b = digits(a), digits(b)
	n := min(len(a), len(b))
	return n == 0 || n >= sameDigits && a[len(a)-n:] == b[len(b)-n:] || a == b
}

const sameDigits = 7

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// sortedUnique orders ids, which is the order of locks, and drops repetitions.
func sortedUnique(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}
