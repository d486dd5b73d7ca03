package text

import (
	"errors"
	"slices"
	"unicode/utf8"
)

// ErrInvalidUTF8 is returned for a text that is not UTF-8. Nothing is ever put in the place of
// a broken character: a text is sent as it was given, or not at all.
var ErrInvalidUTF8 = errors.New("text is not valid UTF-8")

// Encoding is how the characters of a message are written on the wire.
type Encoding uint8

const (
	GSM7 Encoding = iota // GSM 7-bit default alphabet and extension table, 3GPP TS 23.038 §6.2.1
	UCS2                 // UTF-16, 3GPP TS 23.038 §6.2.3
)

// String is the name that users see.
func (e Encoding) String() string {
	if e == UCS2 {
		return "UCS-2"
	}
	return "GSM-7"
}

// units is what r takes in the encoding: septets, or 16-bit units.
func (e Encoding) units(r rune) int {
	if e == UCS2 {
		return ucs2Units(r)
	}
	return gsm7(r).units()
}

// Measurement says what a text costs.
type Measurement struct {
	Encoding Encoding
	Units    int // septets in GSM-7, 16-bit units in UCS-2; escapes and surrogates count
	Segments int // at least 1
}

// Measure finds the encoding of a text and counts its segments: 160 septets or 70 units alone,
// 153 or 67 each when there are several. That is what Split makes of it with Ref8. The only
// error is ErrInvalidUTF8. Measure does not allocate.
func Measure(text string) (Measurement, error) {
	m, err := scan(text)
	if err != nil {
		return Measurement{}, err
	}
	m.Segments = 1
	if m.Units <= limitAlone(m.Encoding) {
		return m, nil
	}
	limit := limitJoined(m.Encoding, Ref8)
	for rest := text[cut(text, m.Encoding, limit):]; rest != ""; m.Segments++ {
		rest = rest[cut(rest, m.Encoding, limit):]
	}
	return m, nil
}

// scan reads a text once and counts its units in both encodings.
func scan(text string) (Measurement, error) {
	septets, units, encoding := 0, 0, GSM7
	for i, r := range text {
		if r == utf8.RuneError && !validAt(text, i) {
			return Measurement{}, ErrInvalidUTF8
		}
		c := gsm7(r)
		if c == absent {
			encoding = UCS2
		}
		septets += c.units()
		units += ucs2Units(r)
	}
	if encoding == UCS2 {
		return Measurement{Encoding: UCS2, Units: units}, nil
	}
	return Measurement{Encoding: GSM7, Units: septets}, nil
}

// validAt tells a U+FFFD that was written from one that range puts where UTF-8 is broken.
func validAt(text string, i int) bool {
	_, size := utf8.DecodeRuneInString(text[i:])
	return size > 1
}

// Forced lists the characters that keep a text out of GSM-7, each once, in order of
// appearance, at most limit of them. It is empty exactly where Measure says GSM7.
func Forced(text string, limit int) []rune {
	var forced []rune
	for _, r := range text {
		if len(forced) == limit {
			break
		}
		if gsm7(r) == absent && !slices.Contains(forced, r) {
			forced = append(forced, r)
		}
	}
	return forced
}
