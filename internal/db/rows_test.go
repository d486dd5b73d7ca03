package db_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
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

var insertNumber = db.Rows(`INSERT INTO campaign_recipient (campaign_id, number) SELECT :campaign_id, :number {rows} WHERE true
	ON CONFLICT DO NOTHING RETURNING :place BY number`, "campaign_id bigint", "number bigint")

func TestAnInsertTellsWhichRowsItMade(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		d := testkit.Open(t, url, nil)
		insert := func(numbers ...int64) (made []int64) {
			err := d.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
				return tx.EachTouched(insertNumber, len(numbers), func(i int, args []any) { args[0], args[1] = int64(1), numbers[i] },
					func(i int) { made = append(made, numbers[i]) })
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(made)
			return made
		}
		if made := insert(3, 1, 2); !slices.Equal(made, []int64{1, 2, 3}) {
			t.Errorf("made %v of new ones", made)
		}
		if made := insert(4, 2, 0, 1); !slices.Equal(made, []int64{0, 4}) {
			t.Errorf("made %v beside old ones", made)
		}
	})
}
