package testkit

import (
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// PlanOf tells how the engine's planner goes about a statement, a step a line.
func PlanOf(t testing.TB, d *db.DB, text string, args ...any) string {
	t.Helper()
	verb := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[d.Engine]
	var steps []string
	err := d.Read(t.Context(), func(q *db.Reader) error {
		return q.Query(verb+text, func(rows db.Row) error {
			var id, parent, unused int64
			var step string
			columns := []any{&id, &parent, &unused, &step}
			if d.Engine == "postgres" {
				columns = columns[3:]
			}
			err := rows.Scan(columns...)
			steps = append(steps, step)
			return err
		}, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}
