package numberstoplist

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// order is a sort with nothing left open: its last key is the id, so that pages neither
// overlap nor skip.
type order []orderKey

type orderKey struct {
	column string
	desc   bool
}

// orderOf makes an order of a sort. The id goes the way of the key before it, as in the
// indexes; without any it is newest first.
func orderOf(sort api.Sort) order {
	var o order
	desc := len(sort) == 0
	for _, key := range sort {
		desc = key.Desc
		switch key.Field {
		case "id":
			return append(o, orderKey{"id", desc}) // what follows would decide nothing
		case "number":
			o = append(o, orderKey{"number_from", desc}, orderKey{"number_to", desc})
		case "createTs":
			o = append(o, orderKey{"created_ms", desc})
		}
	}
	return append(o, orderKey{"id", desc})
}

func (o order) String() string {
	keys := make([]string, len(o))
	for i, key := range o {
		keys[i] = key.column + db.Direction(key.desc, false)
	}
	return db.OrderBy(keys)
}

// columns are those of the keys.
func (o order) columns() string {
	names := make([]string, len(o))
	for i, key := range o {
		names[i] = key.column
	}
	return strings.Join(names, ", ")
}

// place is where an entry stands in an order: its values of the order's keys.
type place []any

func (o order) placeOf(e *Entry) place {
	values := map[string]any{"id": e.ID, "number_from": e.Numbers.From, "number_to": e.Numbers.To, "created_ms": e.CreatedMs}
	at := make(place, len(o))
	for i, key := range o {
		at[i] = values[key.column]
	}
	return at
}

// behind is what limits a search to what comes behind a place. That the first key is not
// before the place's is said apart, so that an index is entered there.
func (o order) behind(at place) (condition string, args []any) {
	past := ">"
	if o[0].desc {
		past = "<"
	}
	if len(o) == 1 {
		return o[0].column + " " + past + " ?", at
	}
	rest, restArgs := o[1:].behind(at[1:])
	condition = strings.NewReplacer("KEY", o[0].column, "PAST", past, "REST", rest).
		Replace("KEY PAST= ? AND (KEY PAST ? OR REST)")
	return condition, append([]any{at[0], at[0]}, restArgs...)
}
