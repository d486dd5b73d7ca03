package campaign_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestListsTakeTheIndexes that they were made for: of very many campaigns, what is not
// found by an index is slow, and so is sorting what an index has in order.
func TestListsTakeTheIndexes(t *testing.T) {
	whole := regexp.MustCompile(`(?m)Seq Scan on campaign|^SCAN campaign\b`)
	sorted := regexp.MustCompile(`(?m)(^|->  )(Incremental )?Sort  \(|TEMP B-TREE`)
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 25))
		for range 6 {
			w.manyBulks(random, w.account, 1000)
			w.manyBulks(random, w.keys[theirs], 1000)
		}
		w.exec("ANALYZE")
		c := &api.Call{Now: w.clock.Now(), Account: &api.Account{ID: w.account, Location: time.UTC}}
		for field := range sorts() {
			for _, desc := range []bool{false, true} {
				sort := api.Sort{{Field: field, Desc: desc}}
				w.planned(c, nil, sort, 12_000, whole, sorted)
				if w.db.Engine == "sqlite" { // PostgreSQL takes a table of this size for small
					w.planned(c, map[string]string{"status": "DONE", "createTsFrom": "2026-01-01"}, sort, 20_000, whole, sorted)
				}
			}
		}
		for name, value := range map[string]string{"from": "Bank", "text": "Hi", "status": "DONE"} {
			w.planned(c, map[string]string{name: value}, nil, 20_000, whole, sorted)
			if w.db.Engine == "sqlite" {
				w.planned(c, map[string]string{name: value}, api.Sort{{Field: "name"}}, 100, whole)
			}
		}
	})
}

// planned checks that no plan has anything of what is slow.
func (w *world) planned(c *api.Call, criteria map[string]string, sort api.Sort, found int64, slow ...*regexp.Regexp) {
	w.t.Helper()
	for _, s := range w.campaigns.Searches(c, criteria, sort, found) {
		plan := testkit.PlanOf(w.t, w.db, s.Text, s.Args...)
		for _, r := range slow {
			if r.MatchString(plan) && s.Name != "count" {
				w.t.Errorf("%v %v, %s: %s\n%s", criteria, sort, s.Name, s.Text, plan)
			}
		}
	}
}

// manyBulks makes campaigns without messages.
func (w *world) manyBulks(random *rand.Rand, account int64, n int) {
	w.t.Helper()
	all := make([]*campaign.Bulk, n)
	for i := range all {
		all[i] = w.bulk(random, account)
		all[i].Name = fmt.Sprint(all[i].Name, " ", i)
	}
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return campaign.Restore(tx, all) }))
}
