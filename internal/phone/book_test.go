package phone

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

func defaultBook(t testing.TB) *Book {
	t.Helper()
	operators, err := DefaultOperators()
	if err != nil {
		t.Fatal(err)
	}
	return NewBook(operators)
}

func TestLookupKnowsCountryAndOperator(t *testing.T) {
	book := defaultBook(t)
	for n, want := range map[Number]Info{
		"77010000001":   {"KZ", "Kcell", "40102"},
		"77760000001":   {"KZ", "Beeline", "40101"},
		"77000000001":   {"KZ", "Altel", "40107"},
		"77470000001":   {"KZ", "Tele2", "40177"},
		"77172123456":   {"KZ", "", ""},
		"79161234567":   {"RU", "MTS", "25001"},
		"74951234567":   {"RU", "", ""},
		"380501234567":  {"UA", "Vodafone", "25501"},
		"5511941439844": {"BR", "", ""},
		"12025550123":   {"US", "", ""},
		"14165550123":   {"CA", "", ""},
		"18765550123":   {"JM", "", ""},
		"447700900123":  {"GB", "", ""}, // set aside for films: possible, not valid
		"447781123456":  {"GG", "", ""},
		"447797123456":  {"JE", "", ""},
		"447624123456":  {"IM", "", ""},
		"390669812345":  {"VA", "", ""},
		"393123456789":  {"IT", "", ""},
		"4779123456":    {"SJ", "", ""},
		"35818123456":   {"AX", "", ""},
		"262639012345":  {"YT", "", ""},
		"38344123456":   {"XK", "", ""},
		"77990000001":   {"KZ", "", ""}, // nobody's yet
	} {
		if got, err := book.Lookup(n); got != want || err != nil {
			t.Errorf("%s is %+v, %v, want %+v", n, got, err, want)
		}
	}
}

func TestLookupRefuses(t *testing.T) {
	book := defaultBook(t)
	for n, want := range map[Number]error{
		"2101234567":                 ErrUnknownCountry, // not assigned
		"870123456789":               ErrUnknownCountry, // satellites: of no country
		"80012345678":                ErrUnknownCountry,
		"7701000":                    ErrNotInternational,
		"770100000012":               ErrNotInternational,
		"1202555012":                 ErrNotInternational,
		"4407700900123":              ErrNotInternational, // with the domestic 0
		"7":                          ErrNotInternational,
		"":                           ErrUnknownCountry,
		"+77010000001":               ErrUnknownCountry, // was never cleaned
		"77010000000000000000000000": ErrNotInternational,
	} {
		if got, err := book.Lookup(n); !errors.Is(err, want) || got != (Info{}) {
			t.Errorf("%s is %+v, %v, want %v", n, got, err, want)
		}
	}
}

// reference is a number as phonenumbers has it. Its Parse is passed by: that would take a domestic
// 0 away, and thereby judge a number other than the one that goes to the carrier.
func reference(code int, national string) *phonenumbers.PhoneNumber {
	c, zeros := int32(code), int32(0)
	for int(zeros) < len(national)-1 && national[zeros] == '0' {
		zeros++
	}
	digits, _ := strconv.ParseUint(national, 10, 64)
	leading := zeros > 0
	return &phonenumbers.PhoneNumber{
		CountryCode: &c, NationalNumber: &digits, ItalianLeadingZero: &leading, NumberOfLeadingZeros: &zeros,
	}
}

// checkReference compares an answer with that of phonenumbers: the same for valid numbers, some
// country of the calling code for possible ones, none for others. It says whether it was valid.
func checkReference(t *testing.T, book *Book, code int, national string) bool {
	t.Helper()
	n := reference(code, national)
	number := Number(strconv.Itoa(code) + national)
	info, err := book.Lookup(number)
	sharing := phonenumbers.GetRegionCodesForCountryCode(code)
	switch valid := phonenumbers.GetRegionCodeForNumber(n); {
	case sharing[0] == "001":
		if !errors.Is(err, ErrUnknownCountry) {
			t.Errorf("%s of no country is %+v, %v", number, info, err)
		}
	case phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE:
		if !errors.Is(err, ErrNotInternational) {
			t.Errorf("%s cannot be dialled, but is %+v, %v", number, info, err)
		}
	case valid != "":
		if info.Country != valid || err != nil {
			t.Errorf("%s is %+v, %v, want %s", number, info, err, valid)
		}
		return true
	case !slices.Contains(sharing, info.Country) || err != nil:
		t.Errorf("%s is %+v, %v, want one of %v", number, info, err, sharing)
	}
	return false
}

// examples are the national numbers that phonenumbers shows for each calling code, of each
// country and type.
func examples() map[int][]string {
	found := map[int][]string{}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		found[code] = []string{"1234567890"}
		for _, a2 := range phonenumbers.GetRegionCodesForCountryCode(code) {
			for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
				if n := phonenumbers.GetExampleNumberForType(a2, kind); n != nil {
					found[code] = append(found[code], phonenumbers.GetNationalSignificantNumber(n))
				}
			}
		}
	}
	return found
}

// Valid numbers of every country and type are changed in up to three places, and some cut short.
func TestTableAgreesWithPhonenumbers(t *testing.T) {
	book := NewBook(nil)
	valid := 0
	for code, nationals := range examples() {
		draw := rapid.Custom(func(t *rapid.T) string {
			digits := []byte(rapid.SampledFrom(nationals).Draw(t, "example"))
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				at := rapid.IntRange(0, len(digits)-1).Draw(t, "at")
				digits[at] = '0' + rapid.ByteMax(9).Draw(t, "digit")
			}
			return string(digits[:len(digits)-rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "cut")])
		})
		for _, national := range nationals {
			checkReference(t, book, code, national)
		}
		for seed := range len(nationals) * 20 {
			if checkReference(t, book, code, draw.Example(seed)) {
				valid++
			}
		}
	}
	if valid < 1000 {
		t.Errorf("only %d numbers of the sample were valid", valid)
	}
}

// Where countries share a calling code, every range of four digits is tried.
func TestSharedCallingCodesAreDividedRight(t *testing.T) {
	book := NewBook(nil)
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if len(phonenumbers.GetRegionCodesForCountryCode(code)) == 1 {
			continue
		}
		for head := range 10_000 {
			number := strconv.Itoa(head + 10_000)[1:] + "2345678901"
			for _, length := range []int{9, 10} {
				checkReference(t, book, code, number[:length])
			}
		}
	}
}

func TestCountriesAreThoseOfPhonenumbers(t *testing.T) {
	list := Countries()
	if want := len(phonenumbers.GetSupportedRegions()); len(list) != want {
		t.Errorf("%d countries, want %d", len(list), want)
	}
	for i, c := range list {
		if code := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(c.A2)); code != c.CallingCode || c.Name == "" {
			t.Errorf("%+v has calling code %s", c, code)
		}
		if i > 0 && list[i-1].A2 >= c.A2 {
			t.Errorf("%s stands before %s", list[i-1].A2, c.A2)
		}
		if found, ok := FindCountry(c.A2); found != c || !ok {
			t.Errorf("FindCountry(%s) is %+v, %v", c.A2, found, ok)
		}
	}
	for _, a2 := range []string{"", "kz", "ZZ", "001"} {
		if found, ok := FindCountry(a2); ok {
			t.Errorf("FindCountry(%q) is %+v", a2, found)
		}
	}
	list[0].Name = "changed"
	if Countries()[0].Name == "changed" {
		t.Error("the table can be changed from outside")
	}
}

func TestNoPrefixIsGivenTwice(t *testing.T) {
	var all trie
	for i, row := range countries {
		for prefix := range strings.FieldsSeq(row.prefixes) {
			if !strings.HasPrefix(prefix, row.CallingCode) || !all.put(prefix, i) {
				t.Errorf("%s: prefix %s", row.A2, prefix)
			}
		}
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	book := defaultBook(t)
	if n := testing.AllocsPerRun(100, func() { _, _ = book.Lookup("77010000001") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	book := defaultBook(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = book.Lookup("77010000001")
	}
}

func BenchmarkClean(b *testing.B) {
	for _, s := range []string{"77010000001", "+7 (701) 000-00-01"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Clean(s)
			}
		})
	}
}

func BenchmarkNewBook(b *testing.B) {
	operators, _ := DefaultOperators()
	b.ReportAllocs()
	for b.Loop() {
		NewBook(operators)
	}
}
