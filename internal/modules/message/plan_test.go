package message_test

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

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
		if plan := testkit.PlanOf(w.t, w.db, "SELECT id FROM message WHERE text = 'Hi' ORDER BY recipient"); !whole.MatchString(plan) || !sorted.MatchString(plan) {
			t.Fatalf("no longer known for what it is:\n%s", plan)
		}
		maySort := map[string]bool{"fresh end": true, "columns": true} // they sort what they found by an index
		for _, s := range statements {
			plan := testkit.PlanOf(w.t, w.db, s.Text, s.Args...)
			if whole.MatchString(plan) || sorted.MatchString(plan) && !maySort[s.Name] {
				t.Errorf("%s: %s\n%s", s.Name, s.Text, plan)
			}
		}
	})
}
