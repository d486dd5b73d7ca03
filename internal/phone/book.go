// Package phone tells of a number which country and operator it belongs to.
//
// Countries come from a table of some 350 prefixes, generated from the metadata of
// github.com/nyaruka/phonenumbers, whose own lookup takes a thousand times as long. For numbers
// that module finds valid the table says the same; one that is only possible (its length can
// be dialled, its range is nobody's yet) goes to the country its prefix is nearest to, since
// ranges are opened faster than servers are updated.
package phone

import "strings"

// Info is what is known of a number.
type Info struct {
	Country    string // ISO 3166-1 alpha-2
	Operator   string // "" where nobody knows
	OperatorID string // as in the operators' file; in ours mobile country and network code, "40102"
}

// Book looks numbers up. It is never changed, and may be used by any number of goroutines.
type Book struct {
	countries trie // value: index in the table
	operators *Operators
}

// NewBook makes a book that knows all countries and the given operators; nil for none.
func NewBook(operators *Operators) *Book {
	if operators == nil {
		operators = &Operators{}
	}
	b := &Book{operators: operators}
	for i := range countries {
		for prefix := range strings.FieldsSeq(countries[i].prefixes) {
			b.countries.put(prefix, i)
		}
	}
	return b
}

// Lookup finds the country and, where known, the operator of a number. Errors are
// ErrUnknownCountry and, for a number too short or too long for its country,
// ErrNotInternational. Lookup does not allocate.
func (b *Book) Lookup(n Number) (Info, error) {
	i, ok := b.countries.longest(n)
	if !ok {
		return Info{}, ErrUnknownCountry
	}
	row := &countries[i]
	if !row.fits(len(n)) {
		return Info{}, ErrNotInternational
	}
	info := Info{Country: row.A2}
	if i, ok := b.operators.prefixes.longest(n); ok && b.operators.list[i].country == row.A2 {
		info.Operator, info.OperatorID = b.operators.list[i].name, b.operators.list[i].id
	}
	return info, nil
}
