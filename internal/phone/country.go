package phone

import (
	"slices"
	"strings"
)

//go:generate go run ./gen countries_gen.go

// Country is a country or territory with numbers of its own.
type Country struct {
	A2          string // ISO 3166-1 alpha-2, in capitals: "KZ"; Kosovo is "XK"
	Name        string // in English
	CallingCode string // "7"; several countries may share one
}

// countryRow is a row of the generated table, which is in order of A2.
type countryRow struct {
	Country
	lengths  uint16 // bit n: a number may have n digits after the calling code
	prefixes string // what its numbers begin with, apart by spaces; the longest of all countries decides
}

// fits says whether a number of so many digits, calling code included, can be one of these.
func (r *countryRow) fits(digits int) bool {
	return r.lengths>>(digits-len(r.CallingCode))&1 == 1
}

// Countries lists them all in order of A2.
func Countries() []Country {
	list := make([]Country, len(countries))
	for i := range countries {
		list[i] = countries[i].Country
	}
	return list
}

// FindCountry finds a country by its code, in capitals.
func FindCountry(a2 string) (country Country, ok bool) {
	i, ok := slices.BinarySearchFunc(countries[:], a2, func(row countryRow, a2 string) int {
		return strings.Compare(row.A2, a2)
	})
	if !ok {
		return Country{}, false
	}
	return countries[i].Country, true
}
