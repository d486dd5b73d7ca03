package user

import (
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/phone"
)

// Countries are ISO 3166 codes, in order. They are stored as a list apart by commas.
type Countries []string

// String is the list as it is stored.
func (c Countries) String() string { return strings.Join(c, ",") }

// Scan reads the list from the database.
func (c *Countries) Scan(stored any) error {
	list, ok := stored.(string)
	if !ok {
		return fmt.Errorf("a %T where a list of countries belongs", stored)
	}
	*c = split(list)
	return nil
}

// orderCountries brings a list that somebody wrote into the form in which it is stored.
func orderCountries(list *string) error {
	codes, err := phone.ParseCountries(*list)
	if err != nil {
		return fmt.Errorf("barred: %w", err)
	}
	*list = Countries(codes).String()
	return nil
}
