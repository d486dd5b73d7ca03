package contactcard

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// object is a card as it stands on the wire.
type object struct {
	ID          int64       `json:"id,string" doc:"Id of the contact."`
	UserID      int64       `json:"userId,string" doc:"Id of the account."`
	IsDeleted   string      `json:"isDeleted" doc:"Always \"0\": a deleted contact is not found."`
	IsAvailable string      `json:"isAvailable" doc:"Always \"1\"."`
	Fields      cardFields  `json:"fields" doc:"The fields that are set; others are left out."`
	Groups      []groupName `json:"groups" doc:"The groups it is in, in the order of their ids."`
}

// cardFields are those of a card that are set, in the order of their names.
type cardFields struct {
	Address     map[string]string `json:"address,omitempty" doc:"The parts of the address that are set."`
	BirthDate   string            `json:"birth_date,omitempty" doc:"Date of birth, YYYY-MM-DD."`
	CompanyName string            `json:"company_name,omitempty" doc:"Where the contact works."`
	CompanyURL  string            `json:"company_url,omitempty" doc:"The company's site."`
	Email       *communication    `json:"email,omitempty" doc:"E-mail address."`
	Gender      string            `json:"gender,omitempty" doc:"male or female."`
	Info        string            `json:"info,omitempty" doc:"A note."`
	Landline    *communication    `json:"landline,omitempty" doc:"Landline number."`
	Mobile      *mobile           `json:"mobile,omitempty" doc:"Mobile number, which messages are sent to."`
	Name        string            `json:"name,omitempty" doc:"First name."`
	Photo       string            `json:"photo,omitempty" doc:"A data: URL of the picture; contactCard/get only."`
	Skype       *communication    `json:"skype,omitempty" doc:"Name in Skype."`
	Surname     string            `json:"surname,omitempty" doc:"Family name."`
	Telegram    *communication    `json:"telegram,omitempty" doc:"Name in Telegram."`
	Title       string            `json:"title,omitempty" doc:"Form of address."`
	Viber       *communication    `json:"viber,omitempty" doc:"Number in Viber."`
	WhatsApp    *communication    `json:"whatsapp,omitempty" doc:"Number in WhatsApp."`
}

// communication is the value of such a field.
type communication struct {
	Value string `json:"value" doc:"The value itself; of a number its digits."`
	Type  string `json:"type" doc:"MAIN, ADDITIONAL, JOB or HOME."`
}

// mobile has what its number tells besides. Operators are known by the ranges that
// numbers were given out in, which is the source's; that a number has moved since is not.
type mobile struct {
	communication
	CountryA2          *string `json:"countryA2" doc:"ISO 3166 code of the number's country, two letters; null = not known."`
	CountryName        *string `json:"countryName" doc:"The country's name in English; null = not known."`
	OperatorID         *string `json:"operatorId" doc:"Id of the number's operator; null = not known."`
	Operator           *string `json:"operator" doc:"The operator's name; null = not known."`
	IsMNP              string  `json:"isMNP" doc:"Always \"0\": whether a number has moved to another operator is not known."`
	SourceOperatorID   *string `json:"sourceOperatorId" doc:"The same as operatorId."`
	SourceOperatorName *string `json:"sourceOperatorName" doc:"The same as operator."`
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

func (m *Module) fields(v values) cardFields {
	fields := cardFields{
		Title: v["title"], Name: v["name"], Surname: v["surname"], BirthDate: v["birth_date"], Gender: v["gender"],
		CompanyName: v["company_name"], CompanyURL: v["company_url"], Info: v["info"],
		Email: v.communication("email"), Viber: v.communication("viber"), WhatsApp: v.communication("whatsapp"),
		Landline: v.communication("landline"), Skype: v.communication("skype"), Telegram: v.communication("telegram"),
		Address: v.address(),
	}
	if number := v.communication("mobile"); number != nil {
		fields.Mobile = m.mobile(*number)
	}
	return fields
}

// communication is nil where it is not set.
func (v values) communication(name string) *communication {
	if v[name] == "" {
		return nil
	}
	return &communication{v[name], v[name+typeOf]}
}

func (v values) address() map[string]string {
	address := map[string]string{}
	for name, value := range v {
		if part, is := strings.CutPrefix(name, inAddress); is {
			address[part] = value
		}
	}
	return address
}

func (m *Module) mobile(c communication) *mobile {
	all := &mobile{communication: c, IsMNP: "0"}
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
