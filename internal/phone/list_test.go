package phone

import (
	"slices"
	"strings"
	"testing"
)

func TestCountriesAreReadFromAList(t *testing.T) {
	for list, want := range map[string]string{
		"": "", " , ": "", "KZ": "KZ", "ru,kz": "KZ RU", " RU , ru,UA": "RU UA",
	} {
		if got, err := ParseCountries(list); err != nil || !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: %v, %v; want %s", list, got, err, want)
		}
	}
	for _, list := range []string{"XX", "KZ,QQ", "KAZ", "KZ RU", "Kazakhstan"} {
		if got, err := ParseCountries(list); err == nil {
			t.Errorf("%q: %v", list, got)
		}
	}
}
