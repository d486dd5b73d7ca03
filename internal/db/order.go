package db

import "strings"

// Order is an order of rows with nothing left open: no two rows are alike in its keys,
// none of which may be null. So pages neither overlap nor skip.
type Order []OrderKey

// OrderKey is a column that rows are ordered by.
type OrderKey struct {
	Column string
	Desc   bool
}

// String is the order as SQL, to be put behind the conditions.
func (o Order) String() string {
	keys := make([]string, len(o))
	for i, key := range o {
		keys[i] = key.Column + Direction(key.Desc, false)
	}
	return OrderBy(keys)
}

// Place is where a row stands in an order: its values of the order's keys.
type Place []any

// Behind is the condition, for Where.Holds, that limits a search to what comes behind a
// place. That the first key is not before the place's is said apart, so that an index is
// entered there.
func (o Order) Behind(at Place) (condition string, args []any) {
	past := ">"
	if o[0].Desc {
		past = "<"
	}
	if len(o) == 1 {
		return o[0].Column + " " + past + " ?", at
	}
	rest, restArgs := o[1:].Behind(at[1:])
	condition = strings.NewReplacer("KEY", o[0].Column, "PAST", past, "REST", rest).
		Replace("KEY PAST= ? AND (KEY PAST ? OR REST)")
	return condition, append([]any{at[0], at[0]}, restArgs...)
}
