package campaign

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
)

// Contacts is package contactcard, as far as campaigns need it.
type Contacts interface {
	// Recipients gives those of the account's cards that there are, by their ids.
	Recipients(q *db.Reader, accountID int64, ids []int64) (map[int64]contactcard.Recipient, error)
	// InGroup gives a group's cards in the order of their ids, from the first behind
	// after.
	InGroup(q *db.Reader, accountID, groupID, after int64, limit int) ([]contactcard.Recipient, error)
}

// The names under which a recipient's number stands: among its values, and on a card.
const (
	numberField = "recipient"
	mobileField = "mobile"
)

// newRecipient is what is taken for a recipient that is a number.
type newRecipient struct{}

// JSONSchema says that it is the number, or an object of it and the values of placeholders.
func (newRecipient) JSONSchema() *api.Schema {
	object := api.Object(api.Field(numberField, api.Text("The number, in international format.")))
	object.AdditionalProperties = &api.Schema{Type: api.Types{"string", "number"}, Description: "The values of placeholders, by their names."}
	return &api.Schema{AnyOf: []*api.Schema{{Type: api.Types{"string", "integer"}, Description: "The number itself."}, object}}
}

// numbers reads recipients that are numbers, or objects with a number and values.
func numbers(given *api.Tree) (all []*recipient, err error) {
	for _, item := range given.Items(true) {
		r := &recipient{}
		all = append(all, r)
		switch raw, scalar := item.Value(); {
		case scalar:
			r.raw = raw
		case item.IsContainer():
			r.read(item)
		default:
			return nil, api.BadParameter("recipients", "value.notSingle", nil)
		}
	}
	return all, nil
}

// read takes a number and the values for placeholders; what is no text is passed over.
func (r *recipient) read(item *api.Tree) {
	r.values = make(map[string]string, item.Len())
	for name, node := range item.All() {
		value, scalar := node.Value()
		switch {
		case !scalar:
		case name == numberField:
			r.raw = value
		default:
			r.values[name] = value
		}
	}
}

// contacts reads recipients that are contact cards: "id" or "id:field".
func (m *Module) contacts(ctx context.Context, c *api.Call, given []string) (all []*recipient, err error) {
	var ids []int64
	fields := make([]string, len(given))
	for i, word := range given {
		r := &recipient{contact: word, code: CardNotFound}
		id, field, _ := strings.Cut(word, ":")
		r.cardID, _ = strconv.ParseInt(strings.TrimSpace(id), 10, 64) // 0 is no card
		ids, fields[i] = append(ids, r.cardID), strings.TrimSpace(field)
		all = append(all, r)
	}
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		cards, err := m.Contacts.Recipients(q, c.Account.ID, ids)
		for i, r := range all {
			if card, known := cards[r.cardID]; known {
				r.from(card, fields[i])
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	return all, nil
}

// from takes the number out of one of the card's fields; "" is its mobile.
func (r *recipient) from(card contactcard.Recipient, field string) {
	r.values, r.code = card.Fields, Added
	number, known := card.Fields[field]
	switch {
	case field == "" || field == mobileField:
		if number = card.Fields[mobileField]; number == "" {
			r.code = CardWithoutNumber
		}
	case !known:
		r.code = NoSuchCardField
	}
	r.raw = number
}
