package contactcard

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// object is a card as it stands on the wire.
type object struct {
	ID          int64          `json:"id,string"`
	UserID      int64          `json:"userId,string"`
	IsDeleted   string         `json:"isDeleted"`   // none that is found is
	IsAvailable string         `json:"isAvailable"` // all are
	Fields      map[string]any `json:"fields"`      // those that are set
	Groups      []groupName    `json:"groups"`
}

// communication is the value of such a field.
type communication struct {
	Value string `json:"value"`
	Type  string `json:"type"`
}

// mobile has what its number tells besides. Operators are known by the ranges that
// numbers were given out in, which is the source's; that a number has moved since is not.
type mobile struct {
	communication
	CountryA2          *string `json:"countryA2"`
	CountryName        *string `json:"countryName"`
	OperatorID         *string `json:"operatorId"`
	Operator           *string `json:"operator"`
	IsMNP              string  `json:"isMNP"`
	SourceOperatorID   *string `json:"sourceOperatorId"`
	SourceOperatorName *string `json:"sourceOperatorName"`
}

// objects reads which groups the cards are in.
func (m *Module) objects(q *db.Reader, cards []*card) ([]object, error) {
	names, err := groupNames(q, cards)
	if err != nil {
		return nil, err
	}
	all := make([]object, len(cards))
	for i, c := range cards {
		all[i] = object{ID: c.id, UserID: c.accountID, IsDeleted: "0", IsAvailable: "1", Fields: m.fields(c.values), Groups: names[c.id]}
	}
	return all, nil
}

func (m *Module) fields(v values) map[string]any {
	fields, address := map[string]any{}, map[string]string{}
	for _, name := range plainFields {
		if v[name] != "" {
			fields[name] = v[name]
		}
	}
	for _, name := range communications {
		if v[name] != "" {
			fields[name] = communication{v[name], v[name+typeOf]}
		}
	}
	if number, is := fields["mobile"].(communication); is {
		fields["mobile"] = m.mobile(number)
	}
	for name, value := range v {
		if part, is := strings.CutPrefix(name, inAddress); is {
			address[part] = value
		}
	}
	if len(address) > 0 {
		fields["address"] = address
	}
	return fields
}

func (m *Module) mobile(c communication) mobile {
	all := mobile{communication: c, IsMNP: "0"}
	info, err := m.Book.Lookup(phone.Number(c.Value))
	if err != nil {
		return all // nobody knows where it belongs
	}
	country, _ := phone.FindCountry(info.Country)
	all.CountryA2, all.CountryName = api.OrNull(info.Country), api.OrNull(country.Name)
	all.OperatorID, all.Operator = api.OrNull(info.OperatorID), api.OrNull(info.Operator)
	all.SourceOperatorID, all.SourceOperatorName = all.OperatorID, all.Operator
	return all
}
