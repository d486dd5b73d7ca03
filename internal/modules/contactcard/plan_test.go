package contactcard_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestBothPlannersTakeTheIndexes that lists were made for: what reads a table from end
// to end, or sorts what an index has in order, is slow one day.
func TestBothPlannersTakeTheIndexes(t *testing.T) {
	whole := regexp.MustCompile(`Seq Scan on contact_card|(?m)^SCAN contact_card\b`)
	sorted := regexp.MustCompile(`(?m)(^|->  )(Incremental )?Sort  \(|TEMP B-TREE`)
	bySurname, byName, byMobile := api.Sort{{Field: "surname"}}, api.Sort{{Field: "fullName", Desc: true}}, api.Sort{{Field: "mobile"}}
	at := map[string]string{"name": "name50", "surname": "surname50", "mobile": "77010000050"}
	maySort := map[string]bool{"gather": true, "sift": true} // what they found by an index
	onBoth(t, func(t *testing.T, w *world) {
		a := w.manyCards(map[string]int{"sqlite": 100, "postgres": 6000}[w.db.Engine]) // SQLite's does not look at them
		for _, tt := range []struct {
			way, field, operator, value string
			sort                        api.Sort
			after                       map[string]string
			index                       string
		}{
			{way: "natural", index: "id|pkey"},
			{way: "natural", sort: bySurname, index: "surname"},
			{way: "natural", sort: byName, index: "name"},
			{way: "natural", sort: byMobile, index: "mobile"},
			{way: "natural", after: at, index: "id|pkey"},
			{way: "natural", sort: bySurname, after: at, index: "surname"},
			{way: "natural", sort: byName, after: at, index: "name"},
			{way: "natural", field: "company_name", operator: "equal", value: "Company 1", index: "company_name|pkey"},
			{way: "walk", field: "company_name", operator: "contain", value: "company", index: "id|pkey"},
			{way: "walk", field: "company_name", operator: "contain", value: "company", sort: bySurname, index: "surname"},
			{way: "walk", field: "company_name", operator: "equal", value: "company 1", sort: byMobile, after: at, index: "mobile"},
			{way: "walk", field: "surname", operator: "from", value: "surname2", sort: bySurname, index: "surname"},
			{way: "walk", field: "createTs", operator: "from", value: "2026-03-01", sort: byName, index: "name"},
			{way: "walk", field: "groupId", operator: "equal", value: "1", sort: byName, index: "name"},
			{way: "walk", field: "groupId", operator: "empty", sort: bySurname, index: "surname"},
			{way: "look", field: "email", operator: "equal", value: "m50@example.com", index: "email"},
			{way: "look", field: "mobile", operator: "equal", value: "77010000050", index: "mobile"},
			{way: "look", field: "address.city", operator: "from", value: "city 99", index: "address_city"},
			{way: "look", field: "groupId", operator: "equal", value: "2", index: "id|pkey"},
			{way: "gather", field: "email", operator: "equal", value: "m50@example.com", sort: byName, after: at, index: "pkey"}, // SQLite: the row's own id
			{way: "sift", field: "email", operator: "from", value: "m99", index: "email"},
			{way: "sift", field: "createTs", operator: "to", value: "2026-02-01", index: "created"},
			{way: "sift", field: "groupId", operator: "equal", value: "2", index: "id|pkey"},
			{way: "count", field: "email", operator: "equal", value: "m50@example.com", index: "email"},
			{way: "count", field: "title", operator: "contain", value: "d", index: "title"},
			{way: "count", field: "createTs", operator: "to", value: "2026-02-01", index: "created"},
		} {
			s := contactcard.Statements(a.id, contactcard.Condition(tt.field, tt.operator, tt.value), tt.sort, tt.after)[tt.way]
			plan := testkit.PlanOf(w.t, w.db, s.Text, s.Args...)
			used := regexp.MustCompile(`(INDEX|using|on) contact_card_(` + tt.index + `)\b`)
			if tt.index == "pkey" && w.db.Engine == "sqlite" {
				used = regexp.MustCompile(`INTEGER PRIMARY KEY`)
			}
			if whole.MatchString(plan) || !used.MatchString(plan) || !maySort[tt.way] && sorted.MatchString(plan) {
				t.Errorf("%+v:\n%s\n%s", tt, s.Text, plan)
			}
		}
	})
}

// manyCards fills an account, and another one beside it. PostgreSQL gets the statistics
// that it makes by itself in time; SQLite never has any.
func (w *world) manyCards(n int) account {
	w.t.Helper()
	a := w.account()
	for _, a := range []account{a, w.account()} {
		all, few := w.group(a, "All"), w.group(a, "Few")
		fields := make([]map[string]string, n)
		for i := range fields {
			fields[i] = map[string]string{
				"name": fmt.Sprintf("Name%d", i%977), "surname": fmt.Sprintf("Surname%d", i%1999), "mobile": fmt.Sprint(77010000000 + i),
				"email": fmt.Sprintf("m%d@example.com", i), "company_name": fmt.Sprintf("Company %d", i%3), "address.city": fmt.Sprintf("City %d", i%100),
			}
			if i%100 == 0 {
				fields[i]["title"] = "Dr"
			}
		}
		_, err := w.cards.Fill(w.t.Context(), a.id, fields[20:], all)
		w.ok(err)
		_, err = w.cards.Fill(w.t.Context(), a.id, fields[:20], all, few)
		w.ok(err)
	}
	if w.db.Engine == "postgres" {
		w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
			_, err := tx.Exec("ANALYZE")
			return err
		}))
	}
	return a
}
