package money

import (
	"encoding/json"
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParseReadsPlainDecimals(t *testing.T) {
	for s, want := range map[string]Amount{
		"0":                     0,
		"-0":                    0,
		"7":                     70000,
		"+7":                    70000,
		"190.4280":              1904280,
		"190.428":               1904280,
		"0.0001":                1,
		"-0.5":                  -5000,
		"007.10":                71000,
		"922337203685477.5807":  Max,
		"-922337203685477.5808": Min,
	} {
		if got, err := Parse(s); got != want || err != nil {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
}

func TestParseRefusesWithTheReason(t *testing.T) {
	for s, want := range map[string]error{
		"":                      ErrSyntax,
		"-":                     ErrSyntax,
		".":                     ErrSyntax,
		".5":                    ErrSyntax,
		"-.5":                   ErrSyntax,
		"5.":                    ErrSyntax,
		"1,5":                   ErrSyntax,
		"1 000":                 ErrSyntax,
		"1_000":                 ErrSyntax,
		"1e3":                   ErrSyntax,
		"0x10":                  ErrSyntax,
		"1.-5":                  ErrSyntax,
		"1.2.3":                 ErrSyntax,
		"--1":                   ErrSyntax,
		"NaN":                   ErrSyntax,
		"٣":                     ErrSyntax,
		"0.00001":               ErrDecimals,
		"1.00000":               ErrDecimals,
		"922337203685477.5808":  ErrOverflow,
		"-922337203685477.5809": ErrOverflow,
		"99999999999999999999":  ErrOverflow,
	} {
		if got, err := Parse(s); !errors.Is(err, want) || got != 0 {
			t.Errorf("%q is %d, %v, want %v", s, got, err, want)
		}
	}
}

func TestStringAlwaysHasFourDecimals(t *testing.T) {
	for a, want := range map[Amount]string{
		0:       "0.0000",
		1:       "0.0001",
		-1:      "-0.0001",
		-5000:   "-0.5000",
		1904280: "190.4280",
		Max:     "922337203685477.5807",
		Min:     "-922337203685477.5808",
	} {
		if got := a.String(); got != want {
			t.Errorf("%d is %s, want %s", int64(a), got, want)
		}
	}
}

// amounts draws small amounts, and those next to the ends of the range.
func amounts() *rapid.Generator[Amount] {
	small := rapid.Int64Range(-20000, 20000)
	return rapid.Custom(func(t *rapid.T) Amount {
		base := rapid.SampledFrom([]Amount{0, 0, Min, Max, Max / 2, 1 << 32}).Draw(t, "base")
		return base + Amount(small.Draw(t, "offset")) // may wrap to the other end
	})
}

func TestTextAndJSONComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := amounts().Draw(t, "amount")
		if got, err := Parse(a.String()); got != a || err != nil {
			t.Errorf("%s came back as %s, %v", a, got, err)
		}
		wire, err := json.Marshal(a)
		if err != nil || string(wire) != `"`+a.String()+`"` {
			t.Errorf("%s is %s in JSON, %v", a, wire, err)
		}
		var back Amount
		if err := json.Unmarshal(wire, &back); back != a || err != nil {
			t.Errorf("%s came back from JSON as %s, %v", a, back, err)
		}
	})
}

func TestABadValueInJSONChangesNothing(t *testing.T) {
	row := struct {
		Price    Amount
		Currency Currency
	}{5, "KZT"}
	for _, wire := range []string{`{"price":"1.23456"}`, `{"price":1.5}`, `{"currency":"tenge"}`} {
		if err := json.Unmarshal([]byte(wire), &row); err == nil || row.Price != 5 || row.Currency != "KZT" {
			t.Errorf("%s: %+v, %v", wire, row, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"price":"1.5","currency":"brl"}`), &row); err != nil || row.Price != 15000 || row.Currency != "BRL" {
		t.Errorf("%+v, %v", row, err)
	}
}

func TestArithmeticIsExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := amounts().Draw(t, "a"), amounts().Draw(t, "b")
		x, y := big.NewInt(int64(a)), big.NewInt(int64(b))

		sum, ok := a.Add(b)
		checkExact(t, "sum", sum, ok, new(big.Int).Add(x, y))
		product, ok := a.Mul(int(b))
		checkExact(t, "product", product, ok, new(big.Int).Mul(x, y))
	})
	if _, ok := Min.Mul(-1); ok {
		t.Error("Min has a negative")
	}
}

func checkExact(t *rapid.T, what string, got Amount, ok bool, want *big.Int) {
	if ok != want.IsInt64() || ok && int64(got) != want.Int64() {
		t.Errorf("%s is %d, %v, want %v", what, int64(got), ok, want)
	}
}

func TestCurrencyIsThreeLetters(t *testing.T) {
	for s, want := range map[string]Currency{
		"KZT": "KZT", "brl": "BRL", // any case
		"": "", "KZ": "", "KZTT": "", "K1T": "", "K T": "", "₸": "",
		"ſA": "", // three bytes, and SA in capitals
	} {
		got, err := ParseCurrency(s)
		if got != want || errors.Is(err, ErrCurrency) != (want == "") {
			t.Errorf("%q is %q, %v, want %q", s, got, err, want)
		}
	}
}

func BenchmarkAppendText(b *testing.B) {
	b.ReportAllocs()
	buffer := make([]byte, 0, 24)
	for b.Loop() {
		buffer, _ = Amount(1904280).AppendText(buffer[:0])
	}
}
