package text

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// The rows of 3GPP TS 23.038 §6.2.1 that are not as in ASCII, read from the standard's tables.
var septetsByHand = []struct {
	text    string
	septets []byte
}{
	{"@£$¥èéùìòÇ\nØø\rÅå", []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
	{"Δ_ΦΓΛΩΠΨΣΘΞ", []byte{0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A}},
	{"ÆæßÉ ", []byte{0x1C, 0x1D, 0x1E, 0x1F, 0x20}},
	{"#¤%", []byte{0x23, 0x24, 0x25}},
	{"09?¡AZ", []byte{0x30, 0x39, 0x3F, 0x40, 0x41, 0x5A}},
	{"ÄÖÑÜ§¿az", []byte{0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x7A}},
	{"äöñüà", []byte{0x7B, 0x7C, 0x7D, 0x7E, 0x7F}},
	{"\f^{}", []byte{0x1B, 0x0A, 0x1B, 0x14, 0x1B, 0x28, 0x1B, 0x29}},
	{`\[~]`, []byte{0x1B, 0x2F, 0x1B, 0x3C, 0x1B, 0x3D, 0x1B, 0x3E}},
	{"|€", []byte{0x1B, 0x40, 0x1B, 0x65}},
}

func TestSeptetsAreThoseOfTheStandard(t *testing.T) {
	for _, row := range septetsByHand {
		if got := appendGSM7(nil, row.text); !bytes.Equal(got, row.septets) {
			t.Errorf("%q is % X, want % X", row.text, got, row.septets)
		}
		if got := DecodeGSM7(row.septets); got != row.text {
			t.Errorf("% X is %q, want %q", row.septets, got, row.text)
		}
	}
}

func TestTheAlphabetHas137Characters(t *testing.T) {
	if n := utf8.RuneCountInString(alphabet); n != 128 {
		t.Fatalf("the default alphabet has %d places, want 128", n)
	}
	count := 0
	for r := range rune(utf8.MaxRune + 1) {
		if gsm7(r) != absent {
			count++
		}
	}
	if count != 127+10 {
		t.Errorf("GSM-7 has %d characters, want 127 and 10 extended", count)
	}
}

func TestGSM7LacksWhatOnlyLooksAlike(t *testing.T) {
	for _, r := range "\x00\t\x1b`ç\u00a0’–…АΑ中\U0001F600" {
		if gsm7(r) != absent {
			t.Errorf("%q counts as GSM-7", r)
		}
	}
}

func TestDecodeGSM7ReadsWhatAHandsetWould(t *testing.T) {
	for septets, want := range map[string]string{
		"A\x1bA":     "AA",             // the extension table is empty here
		"A\x1b":      "A ",             // nothing to escape
		"\x1b\x1b":   " ",              // kept for a further table
		"\x1b\x1bA":  " A",             //
		"A\x80\xffA": "A\uFFFD\uFFFDA", // no septets
		"\x1b\xff":   "\uFFFD",
	} {
		if got := DecodeGSM7([]byte(septets)); got != want {
			t.Errorf("%q is %q, want %q", septets, got, want)
		}
	}
}
