package message_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// planOf is how the engine's planner goes about a statement.
func (w *world) planOf(s message.Statement) string {
	w.t.Helper()
	verb := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[w.db.Engine]
	var steps []string
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.Query(verb+s.Text, func(rows db.Row) error {
			var id, parent, unused int64
			var step string
			columns := []any{&id, &parent, &unused, &step}
			if w.db.Engine == "postgres" {
				columns = columns[3:]
			}
			err := rows.Scan(columns...)
			steps = append(steps, step)
			return err
		}, s.Args...)
	}))
	return strings.Join(steps, "\n")
}

// TestBothPlannersTakeTheIndexes that lists were made for: a statement that reads a
// table from end to end, or sorts what an index has in order, is slow one day.
func TestBothPlannersTakeTheIndexes(t *testing.T) {
	whole := regexp.MustCompile(`(?m)Seq Scan on message\S* .*rows=[0-9]{2,}|^SCAN message\b`)
	sorted := regexp.MustCompile(`(?m)(^|->  )(Incremental )?Sort  \(|TEMP B-TREE`)
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 9))
		a, other := w.account(nil), w.account(nil)
		for range 5 {
			w.randomRecords(random, a.id, 1000)
			w.randomRecords(random, other.id, 1000)
		}
		w.shelve()
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			_, err := tx.Exec("ANALYZE")
			return err
		}))
		statements := append(w.messages.Statements(a.id, 5000, []int64{5, 6, 7, 8, 9, 10}), message.ColumnStatement(a.id, 1, 2000))
		if plan := w.planOf(message.Statement{Text: "SELECT id FROM message WHERE text = 'Hi' ORDER BY recipient"}); !whole.MatchString(plan) || !sorted.MatchString(plan) {
			t.Fatalf("no longer known for what it is:\n%s", plan)
		}
		maySort := map[string]bool{"fresh end": true, "columns": true} // they sort what they found by an index
		for _, s := range statements {
			plan := w.planOf(s)
			if whole.MatchString(plan) || sorted.MatchString(plan) && !maySort[s.Name] {
				t.Errorf("%s: %s\n%s", s.Name, s.Text, plan)
			}
		}
	})
}
