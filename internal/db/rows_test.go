package db_test

import (
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// TestAnInsertOfValuesSaysSo to SQLite, and only that.
func TestAnInsertOfValuesSaysSo(t *testing.T) {
	for text, want := range map[string]string{
		"INSERT INTO t (a, b) SELECT :a, :b {rows}":                                      "INSERT INTO t (a, b) VALUES ( ?, ? )",
		"INSERT INTO t (a) SELECT :a {rows} ON CONFLICT (a) DO NOTHING":                  "INSERT INTO t (a) VALUES ( ? ) ON CONFLICT (a) DO NOTHING",
		"INSERT INTO t (a) SELECT :a {rows} WHERE true ON CONFLICT (a) DO NOTHING":       "INSERT INTO t (a) VALUES ( ? ) ON CONFLICT (a) DO NOTHING",
		"INSERT INTO t (a) SELECT :a {rows} WHERE NOT EXISTS (SELECT 1 FROM t)":          "INSERT INTO t (a) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM t)",
		"INSERT INTO t (a) SELECT s.a FROM s {rows} WHERE s.b = :b":                      "INSERT INTO t (a) SELECT s.a FROM s WHERE s.b = ?",
		"UPDATE t SET a = :a {rows} WHERE t.b = :b AND t.a IN (SELECT x FROM y LIMIT 1)": "UPDATE t SET a = ? WHERE t.b = ? AND t.a IN (SELECT x FROM y LIMIT 1)",
	} {
		got := strings.Join(strings.Fields(db.Rows(text, "a bigint", "b bigint").PerRow()), " ")
		if got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}
