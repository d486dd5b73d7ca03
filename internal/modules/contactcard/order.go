package contactcard

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// sorted are the columns that are sorted by: their indexes have unset values, too.
var sorted = [...]string{"name", "surname", "mobile"}

// orderOf makes an order of a sort. The id goes the way of the key before it, as in the
// indexes; without any it is newest first.
func orderOf(sort api.Sort) db.Order {
	var o db.Order
	desc := len(sort) == 0
	for _, key := range sort {
		desc = key.Desc
		switch key.Field {
		case "id":
			return append(o, db.OrderKey{Column: "id", Desc: desc}) // what follows would decide nothing
		case "fullName":
			o = append(o, db.OrderKey{Column: "name", Desc: desc}, db.OrderKey{Column: "surname", Desc: desc})
		default:
			o = append(o, db.OrderKey{Column: key.Field, Desc: desc})
		}
	}
	return append(o, db.OrderKey{Column: "id", Desc: desc})
}

// placeOf is where a card stands in an order.
func placeOf(o db.Order, c *card) db.Place {
	at := make(db.Place, len(o))
	for i, key := range o {
		at[i] = fold(c.values[key.Column]) // sort keys are called as their fields are
		if key.Column == "id" {
			at[i] = c.id
		}
	}
	return at
}
