package numberstoplist

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

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
		case "number":
			o = append(o, db.OrderKey{Column: "number_from", Desc: desc}, db.OrderKey{Column: "number_to", Desc: desc})
		case "createTs":
			o = append(o, db.OrderKey{Column: "created_ms", Desc: desc})
		}
	}
	return append(o, db.OrderKey{Column: "id", Desc: desc})
}

// columnsOf are those of the order's keys.
func columnsOf(o db.Order) string {
	names := make([]string, len(o))
	for i, key := range o {
		names[i] = key.Column
	}
	return strings.Join(names, ", ")
}

// placeOf is where an entry stands in an order.
func placeOf(o db.Order, e *Entry) db.Place {
	values := map[string]any{"id": e.ID, "number_from": e.Numbers.From, "number_to": e.Numbers.To, "created_ms": e.CreatedMs}
	at := make(db.Place, len(o))
	for i, key := range o {
		at[i] = values[key.Column]
	}
	return at
}
