package sheet

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// decoder reads one character of a text. Errors are errUndecodable and those of reading.
type decoder func(text *bufio.Reader) (rune, error)

var errUndecodable = errors.New("octets that are no character of the encoding")

// findEncoding returns what makes a decoder for a text and passes over the mark that the text may begin with; nil for
// an encoding that is not known.
func findEncoding(name string) func(text *bufio.Reader) decoder {
	switch strings.ToUpper(name) {
	case "UTF-8":
		return startUTF8
	case "UCS-2":
		return startUCS2
	case "ASCII":
		return startASCII
	case "ISO-8859-1":
		return octets(charmap.ISO8859_1)
	case "WINDOWS-1251":
		return octets(charmap.Windows1251)
	case "WINDOWS-1252":
		return octets(charmap.Windows1252)
	case "KOI8-R":
		return octets(charmap.KOI8R)
	case "CP866":
		return octets(charmap.CodePage866)
	}
	return nil
}

func octets(m *charmap.Charmap) func(*bufio.Reader) decoder {
	decode := func(text *bufio.Reader) (rune, error) {
		octet, err := text.ReadByte()
		if err != nil {
			return 0, err
		}
		if r := m.DecodeByte(octet); r != utf8.RuneError {
			return r, nil
		}
		return 0, errUndecodable
	}
	return func(*bufio.Reader) decoder { return decode }
}

func startASCII(*bufio.Reader) decoder { return decodeASCII }

func decodeASCII(text *bufio.Reader) (rune, error) {
	octet, err := text.ReadByte()
	if err == nil && octet >= utf8.RuneSelf {
		err = errUndecodable
	}
	return rune(octet), err
}

// startUTF8 leaves what goes wrong while it looks ahead to who reads on.
func startUTF8(text *bufio.Reader) decoder {
	skipMark(text, "\xEF\xBB\xBF")
	return decodeUTF8
}

func decodeUTF8(text *bufio.Reader) (rune, error) {
	r, size, err := text.ReadRune()
	if r == utf8.RuneError && size == 1 {
		return 0, errUndecodable
	}
	return r, err
}

func startUCS2(text *bufio.Reader) decoder {
	if skipMark(text, "\xFF\xFE") {
		return func(text *bufio.Reader) (rune, error) { return decodeUCS2(text, littleEndian) }
	}
	skipMark(text, "\xFE\xFF")
	return func(text *bufio.Reader) (rune, error) { return decodeUCS2(text, bigEndian) }
}

func skipMark(text *bufio.Reader, mark string) bool {
	head, _ := text.Peek(len(mark))
	if string(head) != mark {
		return false
	}
	_, _ = text.Discard(len(mark))
	return true
}

func bigEndian(a, b byte) rune    { return rune(a)<<8 | rune(b) }
func littleEndian(a, b byte) rune { return rune(b)<<8 | rune(a) }

// decodeUCS2 takes surrogate pairs, too: programs that save "Unicode" write them.
func decodeUCS2(text *bufio.Reader, order func(a, b byte) rune) (rune, error) {
	r, err := readUnit(text, order)
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	low, err := readUnit(text, order)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, errUndecodable
	}
	return r, nil
}

func readUnit(text *bufio.Reader, order func(a, b byte) rune) (rune, error) {
	first, err := text.ReadByte()
	if err != nil {
		return 0, err
	}
	second, err := text.ReadByte()
	if err == io.EOF {
		err = errUndecodable // half a unit
	}
	return order(first, second), err
}
