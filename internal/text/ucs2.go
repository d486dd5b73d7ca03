package text

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// ucs2Units is the number of 16-bit units of a character: two outside the basic plane.
func ucs2Units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// appendUCS2 appends s in UTF-16, most significant octet first.
func appendUCS2(dst []byte, s string) []byte {
	for _, r := range s {
		if ucs2Units(r) == 1 {
			dst = append(dst, byte(r>>8), byte(r))
			continue
		}
		high, low := utf16.EncodeRune(r)
		dst = append(dst, byte(high>>8), byte(high), byte(low>>8), byte(low))
	}
	return dst
}

// DecodeUCS2 reads UTF-16, most significant octet first, as SMPP carries it with data_coding 8.
// Half a surrogate pair and half a unit at the end become U+FFFD.
func DecodeUCS2(octets []byte) string {
	var b strings.Builder
	b.Grow(len(octets))
	for len(octets) >= 2 {
		r := rune(binary.BigEndian.Uint16(octets))
		octets = octets[2:]
		if utf16.IsSurrogate(r) {
			r, octets = decodePair(r, octets)
		}
		b.WriteRune(r)
	}
	if len(octets) == 1 {
		b.WriteRune('\uFFFD')
	}
	return b.String()
}

// decodePair joins a surrogate with the unit after it. Where they are no pair, the unit stays.
func decodePair(high rune, octets []byte) (r rune, rest []byte) {
	if len(octets) >= 2 {
		r = utf16.DecodeRune(high, rune(binary.BigEndian.Uint16(octets)))
		if r != '\uFFFD' {
			return r, octets[2:]
		}
	}
	return '\uFFFD', octets
}
