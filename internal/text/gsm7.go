package text

import "strings"

// The tables of 3GPP TS 23.038 §6.2.1, in the order of their codes, sixteen to a line.
const (
	alphabet = "@£$¥èéùìòÇ\nØø\rÅå" +
		"Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" +
		" !\"#¤%&'()*+,-./" +
		"0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNO" +
		"PQRSTUVWXYZÄÖÑÜ§" +
		"¿abcdefghijklmno" +
		"pqrstuvwxyzäöñüà"

	escape = 0x1B // the septet that announces one from the extension table (§6.2.1.1)
)

func extension(septet byte) (r rune, ok bool) {
	switch septet {
	case 0x0A:
		return '\f', true
	case 0x14:
		return '^', true
	case 0x28:
		return '{', true
	case 0x29:
		return '}', true
	case 0x2F:
		return '\\', true
	case 0x3C:
		return '[', true
	case 0x3D:
		return '~', true
	case 0x3E:
		return ']', true
	case 0x40:
		return '|', true
	case 0x65:
		return '€', true
	case escape: // kept for a further table; a space until there is one
		return ' ', true
	}
	return 0, false
}

// A code says how a character is written in GSM-7: its septet, with the bit extended set
// where an escape goes before it, or absent.
type code byte

const (
	extended code = 0x80
	absent   code = 0xFF
	euro          = extended | 0x65
)

// units is the number of septets of a code that is not absent.
func (c code) units() int { return 1 + int(c>>7) }

const firstGreek, lastGreek = 'Γ', 'Ω'

// Every character of both tables but the euro sign is in Latin-1 or among the Greek capitals.
var (
	decoded = []rune(alphabet)
	latin   = [0x100]code(codes(0, 0xFF))
	greek   = codes(firstGreek, lastGreek)
)

// codes inverts the tables for the characters first to last.
func codes(first, last rune) []code {
	inverse := make([]code, last-first+1)
	for i := range inverse {
		inverse[i] = absent
	}
	for septet := range byte(0x80) {
		if septet == escape {
			continue // not a character
		}
		if r := decoded[septet]; first <= r && r <= last {
			inverse[r-first] = code(septet)
		}
		if r, ok := extension(septet); ok && first <= r && r <= last {
			inverse[r-first] = code(septet) | extended
		}
	}
	return inverse
}

func gsm7(r rune) code {
	switch {
	case r < rune(len(latin)):
		return latin[r]
	case firstGreek <= r && r <= lastGreek:
		return greek[r-firstGreek]
	case r == '€':
		return euro
	}
	return absent
}

// appendGSM7 appends s, all of whose characters are in the tables, one septet per octet.
func appendGSM7(dst []byte, s string) []byte {
	for _, r := range s {
		c := gsm7(r)
		if c&extended != 0 {
			dst = append(dst, escape)
		}
		dst = append(dst, byte(c&^extended))
	}
	return dst
}

// DecodeGSM7 reads septets that lie one per octet, as SMPP carries them with data_coding 0.
// It reads whatever a handset would: an escape before a septet that the extension table leaves
// empty is ignored, and one with nothing after it is a space (3GPP TS 23.038 §6.2.1). An octet
// over 0x7F is no septet and becomes U+FFFD.
func DecodeGSM7(septets []byte) string {
	var b strings.Builder
	b.Grow(len(septets))
	for i := 0; i < len(septets); i++ {
		if septets[i] != escape {
			b.WriteRune(decodeSeptet(septets[i]))
			continue
		}
		i++
		b.WriteRune(decodeEscaped(septets[i:]))
	}
	return b.String()
}

func decodeSeptet(septet byte) rune {
	if int(septet) < len(decoded) {
		return decoded[septet]
	}
	return '\uFFFD'
}

// decodeEscaped reads the first of rest, which follows an escape.
func decodeEscaped(rest []byte) rune {
	if len(rest) == 0 {
		return ' '
	}
	if r, ok := extension(rest[0]); ok {
		return r
	}
	return decodeSeptet(rest[0])
}
