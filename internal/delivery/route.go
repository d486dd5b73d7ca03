package delivery

import (
	"slices"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Route says which carriers may take which messages; an empty list of a
// criterion means any.
type Route struct {
	Countries []string // ISO 3166 two letters
	Operators []string
	Senders   []string
	Accounts  []int64
	Carriers  []string // names, the preferred one first
}

func (r *Route) fits(m *message.Message) bool {
	return among(r.Countries, m.Country) && among(r.Operators, m.Operator) &&
		among(r.Senders, m.Sender) && among(r.Accounts, m.AccountID)
}

func among[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// Routes tells whether any carrier may take the message.
func (d *Delivery) Routes(m *message.Message) bool { return d.route(m) != nil }

// route picks the dispatcher for a message: of the first route that fits, the
// first carrier that is bound, else the first; nil without a route.
func (d *Delivery) route(m *message.Message) *dispatcher {
	for i := range d.Config.Routes {
		r := &d.Config.Routes[i]
		if !r.fits(m) {
			continue
		}
		var first *dispatcher
		for _, name := range r.Carriers {
			dis := d.named(name)
			if dis == nil {
				continue
			}
			if dis.carrier.Bound() {
				return dis
			}
			if first == nil {
				first = dis
			}
		}
		return first
	}
	return nil
}

func (d *Delivery) named(name string) *dispatcher {
	for _, dis := range d.dispatchers {
		if dis.Name == name {
			return dis
		}
	}
	return nil
}
