package sheet

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkEncoding refuses a declaration of anything but UTF-8.
func checkEncoding(instruction []byte) error {
	_, encoding, ok := bytes.Cut(instruction, []byte("encoding="))
	if !ok || !bytes.HasPrefix(instruction, []byte("<?xml ")) {
		return nil
	}
	if name := strings.Trim(string(encoding[:min(7, len(encoding))]), `"'`); !strings.EqualFold(name, "UTF-8") {
		return damaged("XML in an encoding other than UTF-8")
	}
	return nil
}

// What appendText replaces: line ends become LF (XML 1.0 §2.11), and references their characters (§4.1).
const (
	inText  = "\r&"
	inCDATA = "\r"
)

func appendText(dst, text []byte, replaced string) ([]byte, error) {
	for {
		i := bytes.IndexAny(text, replaced)
		if i < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:i]...)
		if text[i] == '\r' {
			dst, text = append(dst, '\n'), bytes.TrimPrefix(text[i+1:], []byte("\n"))
			continue
		}
		reference, rest, ok := bytes.Cut(text[i+1:], []byte(";"))
		r, known := referred(reference)
		if !ok || !known {
			return nil, damaged("XML with an unknown reference")
		}
		dst, text = utf8.AppendRune(dst, r), rest
	}
}

// referred gives the character that a reference like amp or #x41 stands for.
func referred(reference []byte) (rune, bool) {
	switch string(reference) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, ok := bytes.CutPrefix(reference, []byte("#"))
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		base, digits = 16, hex
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune && utf8.ValidRune(rune(n))
}

// value appends what stands in the elements v and t up to the end of an element: a cell, or a shared string with its
// runs of one format each. How it is pronounced (rPh) is left out.
func (s *scanner) value(dst []byte, end string) ([]byte, error) {
	inside, phonetic := false, false
	for {
		if err := s.next(); err != nil {
			return nil, unfinished(err, end)
		}
		switch {
		case s.ends(end):
			return dst, checkValue(dst)
		case s.kind == characters && inside:
			var err error
			if dst, err = appendText(dst, s.text, s.replaced); err != nil {
				return nil, err
			}
			if len(dst) > maxPiece {
				return nil, cellTooLong()
			}
		case s.kind == startTag:
			phonetic = phonetic || s.starts("rPh")
			inside = !phonetic && (s.starts("v") || s.starts("t"))
		case s.kind == endTag:
			phonetic = phonetic && !s.ends("rPh")
			inside = false
		}
	}
}

func checkValue(value []byte) error {
	if !utf8.Valid(value) {
		return &Error{Kind: ErrCharacter, Reason: errUndecodable.Error()}
	}
	return nil
}

// unfinished is the error for a part that ends before an element does.
func unfinished(err error, element string) error {
	if err == io.EOF {
		return damaged("XML ends within %s", element)
	}
	return err
}

// unescape puts characters that XML cannot hold, or that programs do not trust it with, in the place of their escapes:
// _x000D_ (ECMA-376 Part 1 §22.4.2.4). It works in place.
func unescape(s []byte) []byte {
	done := s[:0]
	for {
		before, after, found := bytes.Cut(s, []byte("_x"))
		done = append(done, before...)
		if !found {
			return done
		}
		if r, ok := escaped(after); ok {
			done, s = utf8.AppendRune(done, r), after[len("000D_"):]
		} else {
			done, s = append(done, "_x"...), after
		}
	}
}

func escaped(after []byte) (rune, bool) {
	if len(after) < len("000D_") || after[4] != '_' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(after[:4]), 16, 16)
	return rune(unit), err == nil && utf8.ValidRune(rune(unit))
}
