package db_test

import (
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// TestAPartOfAnyLengthIsLookedFor, and one that is longer than any text finds nothing.
func TestAPartOfAnyLengthIsLookedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		text := strings.Repeat(`ж%_\`, 400)
		for part, want := range map[string]bool{
			"": true, `_\ж%_`: true, text: true, "жж": false, text + "x": false,
			strings.Repeat("x", 60_000): false, "x" + strings.Repeat("ж", 60_000): false, strings.Repeat(`%`, 60_000): false, strings.Repeat(text, 50): false,
		} {
			var found bool
			err := d.Read(t.Context(), func(q *db.Reader) error {
				return q.One(`SELECT CAST($1 AS text) LIKE $2 ESCAPE '\'`, []any{text, db.Containing(part)}, &found)
			})
			if err != nil || found != want {
				t.Errorf("%.10q of %d bytes: %t, %v", part, len(part), found, err)
			}
		}
	})
}
