// Package leak knows what no log may hold: keys, passwords, texts of messages, whole
// phone numbers. The tally asks it of every line that tests print, and the tests of the
// program of every line that a server logs.
package leak

import (
	"regexp"
	"strings"
)

// Marker is a part of secrets that tests make up. Nothing may print it, log or not.
const Marker = "not-to-be-printed"

// logLine is how log/slog begins what it writes as text. Only such lines are held to the
// rules below: what a test says of itself may name anything.
var logLine = regexp.MustCompile(`\blevel=[A-Z]+(?:[+-]\d+)? msg=`)

// secret is one kind of what may not be logged.
type secret struct {
	name string
	form *regexp.Regexp
}

var secrets = [...]secret{
	{"an API key", regexp.MustCompile(`\b(?:[a-z0-9]{70}|[a-z0-9]{40})\b`)},
	{"a password's hash", regexp.MustCompile(`\$argon2`)},
	// A request's id has 16 digits, an instant in milliseconds 13 that begin with 1; no
	// number of the tests is American.
	{"a whole number", regexp.MustCompile(`\b(?:[2-9]\d{10,14})\b`)},
	// Tests send few texts: greetings, and messages that are counted.
	{"a message's text", regexp.MustCompile(`\b(?:Hello|Привет|[Mm]essage \d+ of)\b`)},
	{"a field that is secret by its name", regexp.MustCompile(`(?i)[ .](?:text|password|secret|api_?key|token)=`)},
}

// In names what a line gives away; "" when that is nothing.
func In(line string) string {
	if strings.Contains(line, Marker) {
		return "a secret"
	}
	if !logLine.MatchString(line) {
		return ""
	}
	for _, s := range secrets {
		if s.form.MatchString(line) {
			return s.name
		}
	}
	return ""
}
