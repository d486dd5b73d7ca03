package column

import (
	"crypto/sha256"
	"encoding/binary"
)

// maxDigits is the length of the longest number (ITU-T E.164 §6).
const maxDigits = 15

// Number packs a number, digits only, from the left: four bits for each digit, one
// more than it, and zeros behind the last. So numbers sort as their digits do. Of a
// longer one than there can be, the rest is lost.
func Number(digits string) (n int64) {
	for i := range maxDigits {
		n <<= 4
		if i < len(digits) {
			n |= int64(digits[i]-'0') + 1
		}
	}
	return n
}

// Digits is the number that was packed.
func Digits(n int64) string {
	digits := make([]byte, 0, maxDigits)
	for shift := 4 * (maxDigits - 1); shift >= 0 && n>>shift&15 != 0; shift -= 4 {
		digits = append(digits, byte(n>>shift&15)-1+'0')
	}
	return string(digits)
}

// Hash stands for a text: with ten million of them, one in a hundred thousand
// accounts may hold two different ones with the same hash. An empty text is unset.
func Hash(text string) int64 {
	if text == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(text))
	return int64(binary.LittleEndian.Uint64(sum[:])>>2) + 1
}
