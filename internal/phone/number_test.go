package phone

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestCleanKeepsTheDigitsAlone(t *testing.T) {
	for s, want := range map[string]Number{
		"77010000001":              "77010000001",
		"+7 (701) 000-00-01":       "77010000001",
		"\t+7.701/0000001\r\n":     "77010000001",
		"tel:+7-701-000-00-01":     "77010000001",
		"\u202a+77010000001\u202c": "77010000001", // as pasted from an address book
		"7701\xff0000001":          "77010000001",
		"1234567":                  "1234567",
		"+123456789012345":         "123456789012345",
	} {
		if got, err := Clean(s); got != want || err != nil {
			t.Errorf("%q is %q, %v, want %q", s, got, err, want)
		}
	}
}

func TestCleanSaysWhatIsWrong(t *testing.T) {
	for s, want := range map[string]error{
		"":                       ErrEmpty,
		" ":                      ErrNoDigits,
		"+":                      ErrNoDigits,
		"Ann":                    ErrNoDigits,
		"123456":                 ErrNotInternational,
		"1234567890123456":       ErrNotInternational,
		"0077010000001":          ErrNotInternational,
		"0501234567":             ErrNotInternational,
		"7701000000٢":            ErrNotInternational, // would lose a digit
		"７７０１００００００１":            ErrNotInternational,
		strings.Repeat("1", 1e6): ErrNotInternational,
	} {
		if got, err := Clean(s); got != "" || !errors.Is(err, want) {
			t.Errorf("%.20q is %q, %v, want %v", s, got, err, want)
		}
	}
}

func TestShortenAlwaysHidesFiveDigits(t *testing.T) {
	for number, want := range map[string]string{
		"77010000001":     "7701*****01",
		"123456789012345": "1234*********45",
		"1234567890":      "123*****90",
		"1234567":         "*****67",
		"123456":          "*****6",
		"12345":           "*****",
		"1":               "*",
		"":                "",
	} {
		if got := Shorten(number); got != want {
			t.Errorf("%s is %s, want %s", number, got, want)
		}
	}
}

func TestALogNeverShowsAWholeNumber(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("accepted", "to", Number("77010000001"))
	if !strings.Contains(log.String(), "to=7701*****01") {
		t.Error(log.String())
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"+7 (701) 000-00-01", "007701", "٢", "\xff1234567"} {
		f.Add(s)
	}
	book := NewBook(nil)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Clean(s)
		if err != nil {
			return
		}
		if len(n) < minDigits || len(n) > maxDigits || strings.Trim(string(n), "0123456789") != "" {
			t.Errorf("%q became %q", s, n)
		}
		if again, err := Clean(string(n)); again != n || err != nil {
			t.Errorf("%q became %q, then %q, %v", s, n, again, err)
		}
		if info, err := book.Lookup(n); (err == nil) != (info.Country != "") {
			t.Errorf("%q: %+v, %v", n, info, err)
		}
	})
}
