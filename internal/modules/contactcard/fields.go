package contactcard

import (
	"encoding/json"
	"slices"
	"strings"
)

// values are a card's set values by their names on the wire.
type values map[string]string

// The fields of a card (contract §7). Their names in the account's words stand on the
// wire and in the database alike; see column.
var (
	plainFields = [...]string{"title", "name", "surname", "birth_date", "gender", "company_name", "company_url", "info"}
	// A communication has a value, under its own name, and a type.
	communications = [...]string{"mobile", "email", "viber", "whatsapp", "landline", "skype", "telegram"}
	addressFields  = [...]string{"countryA2", "country", "regionId", "region", "cityId", "city", "postalcode", "street", "building", "other"}
)

const (
	typeOf    = ".type"
	valueOf   = ".value" // what criteria may put behind a communication's name
	inAddress = "address."
)

// fieldNames are the names of all values that a card can have.
func fieldNames() []string {
	names := slices.Clone(plainFields[:])
	for _, name := range communications {
		names = append(names, name, name+typeOf)
	}
	for _, name := range addressFields {
		names = append(names, inAddress+name)
	}
	return names
}

// column is that of contact_card which holds a value, folded.
func column(name string) string { return strings.ToLower(strings.ReplaceAll(name, ".", "_")) }

// columns are those of all values.
func columns() []string {
	all := fieldNames()
	for i, name := range all {
		all[i] = column(name)
	}
	return all
}

// fold is a value as it is searched and sorted.
func fold(value string) string { return strings.ToLower(value) }

// isNumber tells whether a field is a phone number, of which only digits count.
func isNumber(name string) bool {
	switch name {
	case "mobile", "viber", "whatsapp", "landline":
		return true
	}
	return false
}

// change sets what changes says and unsets what it has empty. A communication without
// a value has no type, and one with a value has one.
func (v values) change(changes values) {
	for name, value := range changes {
		if value == "" {
			delete(v, name)
		} else {
			v[name] = value
		}
	}
	for _, name := range communications {
		switch {
		case v[name] == "":
			delete(v, name+typeOf)
		case v[name+typeOf] == "":
			v[name+typeOf] = typeMain
		}
	}
}

// encode is how values are kept.
func (v values) encode() (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

func decode(text string) (v values, err error) {
	err = json.Unmarshal([]byte(text), &v)
	return v, err
}
