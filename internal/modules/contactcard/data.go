package contactcard

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// cardData is the parameter data of create and update. Absent = unchanged, empty =
// unset.
type cardData struct {
	Title       api.Optional[string] `param:"title,max=255" doc:"How the person is addressed: Mr, Dr."`
	Name        api.Optional[string] `param:"name,max=255" doc:"First name."`
	Surname     api.Optional[string] `param:"surname,max=255" doc:"Family name."`
	BirthDate   api.Optional[string] `param:"birth_date" doc:"Date of birth, YYYY-MM-DD."`
	Gender      api.Optional[string] `param:"gender,oneof=male|female" doc:"male or female."`
	CompanyName api.Optional[string] `param:"company_name,max=255" doc:"Where the person works."`
	CompanyURL  api.Optional[string] `param:"company_url,max=255" doc:"The company's web site."`
	Info        api.Optional[string] `param:"info,max=500" doc:"Notes."`

	Mobile   api.Taken[channel] `param:"mobile,empty" doc:"Mobile number, which messages are sent to: the number itself, or an object of value and type."`
	Email    api.Taken[channel] `param:"email,empty" doc:"E-mail address: a value, or an object of value and type."`
	Viber    api.Taken[channel] `param:"viber,empty" doc:"Number in Viber: a value, or an object of value and type."`
	WhatsApp api.Taken[channel] `param:"whatsapp,empty" doc:"Number in WhatsApp: a value, or an object of value and type."`
	Landline api.Taken[channel] `param:"landline,empty" doc:"Landline number: a value, or an object of value and type."`
	Skype    api.Taken[channel] `param:"skype,empty" doc:"Name in Skype: a value, or an object of value and type."`
	Telegram api.Taken[channel] `param:"telegram,empty" doc:"Name in Telegram: a value, or an object of value and type."`

	Address addressData         `param:"address" doc:"Postal address."`
	Photo   api.Taken[api.File] `param:"photo,empty" doc:"A file: a JPEG, PNG or GIF picture of at most 2 MiB and 4096 pixels a side; an empty string removes it."`
}

// channel is what is taken for a way to reach a contact.
type channel struct{}

// JSONSchema says that it is a value, or an object of it and its type.
func (channel) JSONSchema() *api.Schema {
	kind := api.Text("Whether it is the main one, another, or that of the job or the home; absent = MAIN, or as it was.")
	kind.Enum = []any{typeMain, "ADDITIONAL", "JOB", "HOME"}
	object := api.Object(api.Field("value", api.Text("The value: a number, an address or a name; empty = none.")), api.Field("type", kind))
	object.Required, object.AdditionalProperties = []string{"value"}, nil // other names are ignored
	return &api.Schema{AnyOf: []*api.Schema{api.Text("The value itself."), object}}
}

type addressData struct {
	CountryA2  api.Optional[string] `param:"countryA2" doc:"Country, ISO 3166-1 alpha-2."`
	Country    api.Optional[string] `param:"country,max=255" doc:"The country's name."`
	RegionID   api.Optional[string] `param:"regionId,max=255" doc:"Id of the region."`
	Region     api.Optional[string] `param:"region,max=255" doc:"Region."`
	CityID     api.Optional[string] `param:"cityId,max=255" doc:"Id of the city."`
	City       api.Optional[string] `param:"city,max=255" doc:"City."`
	Postalcode api.Optional[string] `param:"postalcode,max=255" doc:"Postal code."`
	Street     api.Optional[string] `param:"street,max=255" doc:"Street."`
	Building   api.Optional[string] `param:"building,max=255" doc:"House."`
	Other      api.Optional[string] `param:"other,max=255" doc:"What else belongs to the address."`
}

// Types of a communication.
const typeMain = "MAIN"

func isType(text string) bool {
	switch text {
	case typeMain, "ADDITIONAL", "JOB", "HOME":
		return true
	}
	return false
}

// valueMost is how many characters a communication may have.
const valueMost = 255

// reading gathers what data changes, and what is wrong with it.
type reading struct {
	*api.Validation
	changes values
}

// changes gives the values that data sets; those it unsets are empty.
func (d *cardData) changes(v *api.Validation) values {
	r := reading{v, values{}}
	a := &d.Address
	for name, o := range map[string]*api.Optional[string]{
		"title": &d.Title, "name": &d.Name, "surname": &d.Surname, "gender": &d.Gender,
		"company_name": &d.CompanyName, "company_url": &d.CompanyURL, "info": &d.Info,
		"address.country": &a.Country, "address.regionId": &a.RegionID, "address.region": &a.Region,
		"address.cityId": &a.CityID, "address.city": &a.City, "address.postalcode": &a.Postalcode,
		"address.street": &a.Street, "address.building": &a.Building, "address.other": &a.Other,
	} {
		r.optional(name, o)
	}
	r.birthDate(&d.BirthDate)
	for i, node := range [...]api.Taken[channel]{d.Mobile, d.Email, d.Viber, d.WhatsApp, d.Landline, d.Skype, d.Telegram} {
		r.communication(communications[i], node.Tree)
	}
	r.country(&a.CountryA2)
	return r.changes
}

func (r *reading) optional(name string, o *api.Optional[string]) {
	if o.Present {
		r.changes[name] = o.Value
	}
}

func (r *reading) birthDate(o *api.Optional[string]) {
	if _, err := time.Parse(api.DateLayout, o.Value); err != nil && o.Value != "" {
		r.Add("birth_date", "value.notDate", nil)
		return
	}
	r.optional("birth_date", o)
}

func (r *reading) country(o *api.Optional[string]) {
	o.Value = strings.ToUpper(o.Value)
	if _, known := phone.FindCountry(o.Value); !known && o.Value != "" {
		r.Add("address.countryA2", "contactCard.notCountry", nil)
		return
	}
	r.optional("address.countryA2", o)
}

// communication reads a value, or an object of value and type.
func (r *reading) communication(name string, node *api.Tree) {
	if !node.IsContainer() {
		r.value(name, node)
		return
	}
	r.value(name, node.Get("value"))
	kind, single := node.Get("type").Value()
	switch {
	case node.Get("type") == nil:
	case !single || kind != "" && !isType(kind):
		r.Add(name+typeOf, "value.notOneOf", api.Args{"Allowed": "MAIN, ADDITIONAL, JOB, HOME"})
	default:
		r.changes[name+typeOf] = kind
	}
}

func (r *reading) value(name string, node *api.Tree) {
	if node == nil {
		return
	}
	text, single := node.Value()
	if !single {
		r.Add(name, "value.notSingle", nil)
		return
	}
	value, problem := judge(name, strings.TrimSpace(text))
	if problem != "" {
		r.Add(name, problem, api.Args{"Count": valueMost})
		return
	}
	r.changes[name] = value
}

// judge gives a communication as it is kept, or the catalogue key of what is wrong
// with it.
func judge(name, text string) (value, problem string) {
	switch {
	case text == "":
		return "", ""
	case utf8.RuneCountInString(text) > valueMost:
		return "", "value.tooLong"
	case isNumber(name):
		number, err := phone.Clean(text)
		if errors.Is(err, phone.ErrNotInternational) {
			return "", "recipient.notInternational"
		}
		if err != nil {
			return "", "recipient.noNumber"
		}
		return string(number), ""
	case name == "email" && !isEmail(text):
		return "", "contactCard.notEmail"
	}
	return text, ""
}

// isEmail tells whether mail could be sent there: anything@host, without spaces.
func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsAny(text, " \t\r\n<>,;")
}
