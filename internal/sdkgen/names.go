package main

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	separator   = regexp.MustCompile(`[._]([a-z])`)
	initialisms = regexp.MustCompile(`(Id|Ids|Url|Sms|Uuid|Ucs2)([A-Z]|$)`)
	initialism  = strings.NewReplacer("Ids", "IDs", "Id", "ID", "Url", "URL", "Sms", "SMS", "Uuid", "UUID", "Ucs2", "UCS2")
)

// goName is an exported Go name for a name of the wire: campaignId is CampaignID.
func goName(wire string) string {
	wire = separator.ReplaceAllStringFunc(wire, func(s string) string { return strings.ToUpper(s[1:]) })
	wire = initialisms.ReplaceAllStringFunc(change(wire, unicode.ToUpper), initialism.Replace)
	return wire
}

// change changes a text's first letter.
func change(text string, letter func(rune) rune) string {
	for i, r := range text {
		return string(letter(r)) + text[i+len(string(r)):]
	}
	return text
}

// lineMost is where comments are broken, in bytes.
const lineMost = 96

// comment is a text as a Go comment, in lines.
func comment(text string) string {
	var out strings.Builder
	line := "//"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > lineMost && line != "//" {
			out.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	if line != "//" {
		out.WriteString(line + "\n")
	}
	return out.String()
}
