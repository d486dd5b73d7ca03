package phone

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Operators knows mobile operators by the prefixes of their numbers. It is never changed.
type Operators struct {
	prefixes trie
	list     []operator
}

type operator struct {
	country, name, id string
}

//go:embed operators.csv
var operatorsCSV string

// DefaultOperators are those that come with Heliograph: the large ones of a few countries, by the
// ranges they were given. Numbers that moved to another operator are not known.
func DefaultOperators() (*Operators, error) {
	return LoadOperators(strings.NewReader(operatorsCSV))
}

// LoadOperators reads a CSV file with the columns prefix, country, operator and, where wanted, id,
// under a header of these names; # begins a comment. A prefix is international, digits only; the
// longest that a number begins with decides. An error names the line. A file without rows is an
// error too: it was cut off, not meant.
func LoadOperators(r io.Reader) (*Operators, error) {
	file := csv.NewReader(r)
	file.Comment = '#'
	operators := &Operators{}
	for add := checkHeader; ; add = operators.add {
		row, err := file.Read()
		switch {
		case errors.Is(err, io.EOF) && len(operators.list) == 0:
			return nil, errors.New("operators: file has no rows")
		case errors.Is(err, io.EOF):
			return operators, nil
		case err != nil:
			return nil, fmt.Errorf("operators: %w", err) // names the line itself
		}
		if err := add(row); err != nil {
			line, _ := file.FieldPos(0)
			return nil, fmt.Errorf("operators: line %d: %w", line, err)
		}
	}
}

func checkHeader(row []string) error {
	row[0] = strings.TrimPrefix(row[0], "\uFEFF") // spreadsheets put it there
	switch strings.Join(row, ",") {
	case "prefix,country,operator", "prefix,country,operator,id":
		return nil
	}
	return errors.New("header is not prefix,country,operator,id")
}

func (o *Operators) add(row []string) error {
	prefix, entry := row[0], operator{country: row[1], name: row[2]}
	if len(row) == 4 {
		entry.id = row[3]
	}
	country, ok := FindCountry(entry.country)
	switch {
	case prefix == "" || len(prefix) > maxDigits || strings.Trim(prefix, "0123456789") != "":
		return fmt.Errorf("prefix %.32q is not 1 to %d digits", prefix, maxDigits)
	case !ok:
		return fmt.Errorf("country %.32q is unknown", entry.country)
	case !strings.HasPrefix(prefix, country.CallingCode):
		return fmt.Errorf("prefix %s does not begin with %s of %s", prefix, country.CallingCode, country.A2)
	case entry.name == "":
		return errors.New("operator is empty")
	case !o.prefixes.put(prefix, o.index(entry)):
		return fmt.Errorf("prefix %s was there before", prefix)
	}
	return nil
}

// index finds an operator among those read, the latest first since files keep them together.
func (o *Operators) index(entry operator) int {
	for i := range slices.Backward(o.list) {
		if o.list[i] == entry {
			return i
		}
	}
	o.list = append(o.list, entry)
	return len(o.list) - 1
}
