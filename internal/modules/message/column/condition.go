package column

import "slices"

// A Condition is what a search asks of one column.
type Condition interface {
	Column() Name
	// any tells whether values between those bounds could meet the condition, and
	// all, whether each does. What is unset meets none.
	bounds(least, most int64) (any, all bool)
	// meets gives the test of single values, as they stand in this block.
	meets(s *Summary) func(v int64) bool
}

// OneOf asks for certain values.
func OneOf(name Name, values ...int64) Condition {
	return oneOf{name, slices.Sorted(slices.Values(values))}
}

type oneOf struct {
	name   Name
	values []int64 // in order
}

func (c oneOf) Column() Name { return c.name }

func (c oneOf) bounds(least, most int64) (any, all bool) {
	at, _ := slices.BinarySearch(c.values, least)
	any = at < len(c.values) && c.values[at] <= most
	return any, any && least == most
}

func (c oneOf) meets(*Summary) func(int64) bool {
	if len(c.values) == 1 {
		only := c.values[0]
		return func(v int64) bool { return v == only }
	}
	return func(v int64) bool {
		_, found := slices.BinarySearch(c.values, v)
		return found
	}
}

// Sender asks for a sender by its name.
func Sender(name string) Condition { return sender(name) }

type sender string

func (c sender) Column() Name                        { return From }
func (c sender) bounds(int64, int64) (any, all bool) { return true, false }

func (c sender) meets(s *Summary) func(int64) bool {
	at, found := slices.BinarySearch(s.Senders, string(c))
	place := int64(at) + 1
	return func(v int64) bool { return found && v == place }
}

// Within asks for values from one on and before another; nil is open.
func Within(name Name, from, before *int64) Condition {
	c := within{name: name, from: 1, last: 1<<63 - 1}
	if from != nil {
		c.from = max(c.from, *from)
	}
	if before != nil {
		c.last = *before - 1
	}
	return c
}

type within struct {
	name       Name
	from, last int64
}

func (c within) Column() Name { return c.name }

func (c within) bounds(least, most int64) (any, all bool) {
	return most >= c.from && least <= c.last, least >= c.from && most <= c.last
}

func (c within) meets(*Summary) func(int64) bool {
	return func(v int64) bool { return c.from <= v && v <= c.last }
}

// Part asks for numbers with these digits anywhere in them.
func Part(digits string) Condition {
	if len(digits) > maxDigits {
		return oneOf{To, nil} // no number has
	}
	free := 4 * (maxDigits - len(digits))
	return part{Number(digits) >> free, 1<<(4*len(digits)) - 1, free}
}

type part struct {
	digits int64
	mask   int64
	free   int // bits to the right of a part that stands leftmost
}

func (c part) Column() Name                        { return To }
func (c part) bounds(int64, int64) (any, all bool) { return true, false }

func (c part) meets(*Summary) func(int64) bool {
	return func(v int64) bool {
		for shift := c.free; shift >= 0; shift -= 4 {
			if v>>shift&c.mask == c.digits {
				return true
			}
		}
		return false
	}
}

// Judge tells from the summary alone what conditions, all of which must hold, find
// in a block: how many rows, where that is known, and by which of the conditions the
// rows are to be chosen; the others hold for all.
func Judge(s *Summary, conditions []Condition) (rows int, known bool, rest []Condition) {
	rows, known = s.Rows, true
	for _, c := range conditions {
		n, sure := s.count(c)
		if sure && n == 0 {
			return 0, true, nil
		}
		if !sure || n < s.Rows {
			rest, rows, known = append(rest, c), n, sure && len(rest) == 0
		}
	}
	return rows, known, rest
}

// JudgeAny is Judge for alternatives, each a set of conditions that must hold together.
// No row meets two of them.
func JudgeAny(s *Summary, alternatives [][]Condition) (rows int, known bool, rest [][]Condition) {
	known = true
	for _, conditions := range alternatives {
		n, sure, left := Judge(s, conditions)
		if sure && n == 0 {
			continue
		}
		rows, known, rest = rows+n, known && sure, append(rest, left)
	}
	return rows, known, rest
}

// count tells how many rows meet one condition, where the summary knows.
func (s *Summary) count(c Condition) (rows int, known bool) {
	stats := &s.Columns[c.Column()]
	if stats.Counts != nil {
		meets := c.meets(s)
		for _, each := range stats.Counts {
			if each.Value != 0 && meets(each.Value) {
				rows += each.Rows
			}
		}
		return rows, true
	}
	any, all := c.bounds(stats.Least, stats.Most)
	if all && stats.Unset == 0 {
		return s.Rows, true
	}
	return 0, !any
}

// Keep leaves of the chosen rows those that meet the condition, in their place. What
// is unset meets none.
func Keep(s *Summary, c Condition, values []int64, chosen []int32) []int32 {
	meets, kept := c.meets(s), chosen[:0]
	for _, row := range chosen {
		if v := values[row]; v != 0 && meets(v) {
			kept = append(kept, row)
		}
	}
	return kept
}
