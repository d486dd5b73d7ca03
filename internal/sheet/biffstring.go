package sheet

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Flags of a string ([MS-XLS] §2.5.293).
const (
	flagWide     = 1 // its characters are whole units of UTF-16, not the lower halves
	flagPhonetic = 4
	flagRich     = 8
)

// text appends a string ([MS-XLS] §2.5.293, §2.5.294) in UTF-8, and passes over what comes with it.
func (r *records) text(dst []byte) ([]byte, error) {
	units, err := r.uint(2)
	if err != nil {
		return nil, err
	}
	flags, err := r.uint(1)
	if err != nil {
		return nil, err
	}
	behind, err := r.formats(flags)
	if err != nil {
		return nil, err
	}
	if dst, err = r.characters(dst, int(units), flags); err != nil {
		return nil, err
	}
	return dst, r.skip(behind)
}

// formats gives the octets behind a string that say how it looks and is pronounced.
func (r *records) formats(flags uint32) (octets int64, err error) {
	if flags&flagRich != 0 {
		runs, err := r.uint(2)
		if err != nil {
			return 0, err
		}
		octets = 4 * int64(runs)
	}
	if flags&flagPhonetic != 0 {
		size, err := r.uint(4)
		if err != nil {
			return 0, err
		}
		octets += int64(size)
	}
	return octets, nil
}

// characters appends the characters of a string. Where they go on in another record, that begins with flags of its own.
func (r *records) characters(dst []byte, units int, flags uint32) ([]byte, error) {
	var high rune // half a character that waits for the other
	for ; units > 0; units-- {
		if len(r.rest) == 0 {
			var err error
			if flags, err = r.uint(1); err != nil {
				return nil, err
			}
		}
		unit, err := r.uint(1 + int(flags&flagWide))
		if err != nil {
			return nil, err
		}
		c := rune(unit)
		if high == 0 && utf16.IsSurrogate(c) {
			high = c
			continue
		}
		if high != 0 {
			if c, high = utf16.DecodeRune(high, c), 0; c == utf8.RuneError {
				return nil, halfCharacter()
			}
		}
		dst = utf8.AppendRune(dst, c)
	}
	if high != 0 {
		return nil, halfCharacter()
	}
	return dst, nil
}

func halfCharacter() error { return &Error{Kind: ErrCharacter, Reason: "half a surrogate pair"} }
