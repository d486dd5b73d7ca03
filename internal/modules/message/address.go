package message

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// Destination is where a message goes, and what each of its segments costs there.
type Destination struct {
	Number   string // digits
	Country  string // ISO 3166-1 alpha-2
	Operator string // "" = not known
	Price    money.Amount
}

// Refusal is why nothing can be sent to a number. The numbers are the item codes of
// campaign/addRecipients (contract §4).
type Refusal int

const (
	NotRefused       Refusal = 0
	NumberMissing    Refusal = 1
	NoNumber         Refusal = 2
	NotInternational Refusal = 3
	NumberStopped    Refusal = 5
	CountryBarred    Refusal = 6
	CountryUnknown   Refusal = 7  // or the operator is, where only operators have prices
	NoPrice          Refusal = 8  // or no route
	Unsendable       Refusal = 99 // its own text is too long
)

// key is what sendSmsMessage says of the field recipient.
func (r Refusal) key(to Destination) string {
	switch {
	case r == NumberMissing, r == NoNumber:
		return "recipient.noNumber"
	case r == NotInternational:
		return "recipient.notInternational"
	case r == CountryUnknown && to.Country == "":
		return "recipient.unknownCountry"
	case r == NumberStopped:
		return "recipient.stopped"
	case r == CountryBarred:
		return "recipient.barred"
	default:
		return "recipient.noPrice"
	}
}

// Destination finds where raw leads, as an account's message, from memory alone.
// Where it is refused, as much is given as was found out before.
func (m *Module) Destination(account *api.Account, raw string) (to Destination, refused Refusal) {
	number, err := phone.Clean(raw)
	var info phone.Info
	if err == nil {
		to.Number = string(number)
		info, err = m.Book.Lookup(number)
	}
	switch {
	case err == nil:
	case errors.Is(err, phone.ErrEmpty):
		return to, NumberMissing
	case errors.Is(err, phone.ErrNoDigits):
		return to, NoNumber
	case errors.Is(err, phone.ErrUnknownCountry):
		return to, CountryUnknown
	default:
		return to, NotInternational
	}
	to.Country, to.Operator = info.Country, info.Operator
	if m.Stops != nil && m.Stops.Stopped(account.ID, number) {
		return to, NumberStopped
	}
	if account.Barred(to.Country) {
		return to, CountryBarred
	}
	return to, m.price(account, &to)
}

func (m *Module) price(account *api.Account, to *Destination) Refusal {
	var priced bool
	to.Price, priced = m.Prices.Price(account.Currency, to.Country, to.Operator)
	switch {
	case priced:
		return NotRefused
	case to.Operator == "" && m.Prices.Covers(account.Currency, to.Country):
		return CountryUnknown
	default:
		return NoPrice
	}
}
