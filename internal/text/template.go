package text

import (
	"strings"
	"unicode"
)

// Missing says what becomes of a placeholder that has no value. The numbers are those of the
// API's placeholdersFlag.
type Missing int

const (
	Keep   Missing = 1 // the placeholder stays in the text as it is written
	Remove Missing = 2 // nothing stands in its place
	Refuse Missing = 3 // there is no text
)

// Template is a text with placeholders: {name}, where a name is made of letters of any script,
// digits, _ and -. The zero value is an empty text.
type Template struct {
	text  string
	holes []hole
}

// hole is a placeholder: where it begins and ends in the text, braces and all.
type hole struct{ from, to int }

// ParseTemplate finds the placeholders of a text. It never fails: a brace that is no part of a
// placeholder is text like any other.
func ParseTemplate(s string) Template {
	t := Template{text: s}
	open := -1 // where the last brace opened, if only a name stands behind it
	for i, r := range s {
		switch {
		case r == '{':
			open = i
		case r == '}' && open >= 0 && i > open+1:
			t.holes = append(t.holes, hole{open, i + 1})
			open = -1
		case !inName(r):
			open = -1
		}
	}
	return t
}

// inName counts marks with the letters they stand on: a decomposed й is one letter to its reader.
func inName(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_' || r == '-'
}

func (t Template) name(h hole) string { return t.text[h.from+1 : h.to-1] }

// Names lists the placeholders in order of first appearance, each once.
func (t Template) Names() []string {
	var names []string
	seen := make(map[string]bool)
	for _, h := range t.holes {
		if name := t.name(h); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// Fill puts values in the place of placeholders. A name is asked for as it is written, each time
// it appears. A value goes in as it is: braces in it open nothing. An empty value counts as
// missing, since that is what an empty cell of a table means. ok is false only where Refuse meets
// a placeholder that has no value; the text is "" then.
func (t Template) Fill(value func(name string) (string, bool), missing Missing) (text string, ok bool) {
	if len(t.holes) == 0 {
		return t.text, true
	}
	var filled strings.Builder
	filled.Grow(len(t.text))
	done := 0
	for _, h := range t.holes {
		v, known := value(t.name(h))
		if !known || v == "" {
			if missing == Refuse {
				return "", false
			}
			v = ""
			if missing == Keep {
				v = t.text[h.from:h.to]
			}
		}
		filled.WriteString(t.text[done:h.from])
		filled.WriteString(v)
		done = h.to
	}
	filled.WriteString(t.text[done:])
	return filled.String(), true
}
