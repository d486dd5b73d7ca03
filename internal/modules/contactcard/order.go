package contactcard

import (
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// order is a sort with nothing left open: its last key is the id, so that pages
// neither overlap nor skip. Unset values sort below all others.
type order []orderKey

type orderKey struct {
	column string
	desc   bool
}

// sorted are the columns that are sorted by: their indexes have unset values, too.
var sorted = [...]string{"name", "surname", "mobile"}

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
		case "fullName":
			o = append(o, orderKey{"name", desc}, orderKey{"surname", desc})
		default:
			o = append(o, orderKey{key.Field, desc})
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

// place is where a card stands in an order: its values of the order's keys.
type place []any

func (o order) placeOf(c *card) place {
	at := make(place, len(o))
	for i, key := range o {
		at[i] = fold(c.values[key.column]) // sort keys are called as their fields are
		if key.column == "id" {
			at[i] = c.id
		}
	}
	return at
}

// behind limits a search to what comes behind a place: the first key is not before the
// place's, and past it or behind in the rest. Said that way round an index is entered at
// the place.
func (o order) behind(at place) (condition string, args []any) {
	key, past := o[0], ">"
	if key.desc {
		past = "<"
	}
	if len(o) == 1 {
		return fmt.Sprintf("%s %s ?", key.column, past), at
	}
	rest, restArgs := o[1:].behind(at[1:])
	condition = strings.NewReplacer("KEY", key.column, "PAST", past, "REST", rest).
		Replace("KEY PAST= ? AND (KEY PAST ? OR REST)")
	return condition, append([]any{at[0], at[0]}, restArgs...)
}
