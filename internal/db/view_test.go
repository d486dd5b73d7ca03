package db_test

import (
	"errors"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// TestAViewSeesOneMoment though others write between its statements; and what is read
// afterwards, on the same connection perhaps, is as it is then.
func TestAViewSeesOneMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		write := func(country string) {
			if err := d.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return insertCountries(tx, country) }); err != nil {
				t.Fatal(err)
			}
		}
		write("KZ")
		err := d.View(t.Context(), func(q *db.Reader) error {
			var before, after int
			err := q.One("SELECT count(*) FROM price", nil, &before)
			write("RU")
			err = errors.Join(err, q.One("SELECT count(*) FROM price", nil, &after))
			if before != 1 || after != 1 {
				t.Errorf("%d countries, then %d", before, after)
			}
			return errors.Join(err, db.ErrNotFound) // the connection is kept
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Error(err)
		}
		for range 10 {
			if n := countPrices(t, d); n != 2 {
				t.Errorf("%d countries afterwards", n)
			}
		}
	})
}
