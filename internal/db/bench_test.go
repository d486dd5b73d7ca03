package db_test

import (
	"context"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// BenchmarkRowStatement is what one row costs inside a batch of 32: the price of
// the way into the engine, the commit left out.
func BenchmarkRowStatement(b *testing.B) {
	insert := db.Rows(`INSERT INTO queue (message_id, class, release_ms, expires_ms, epoch)
		SELECT :message_id, :class, :release_ms, :expires_ms, :epoch {rows}`,
		"message_id bigint", "class bigint", "release_ms bigint", "expires_ms bigint", "epoch bigint")
	d := testkit.Open(b, testkit.NewDatabase(b, "sqlite"), nil)
	next := int64(0)
	for b.Loop() {
		err := d.Write(context.Background(), db.Answers, func(tx *db.Tx) error {
			return tx.Each(insert, 1000, func(i int, args []any) {
				next++
				args[0], args[1], args[2], args[3], args[4] = next, int64(0), int64(1), int64(2), int64(7)
			})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(next), "ns/row")
}

// BenchmarkGroupCommit is a commit shared by 32 callers.
func BenchmarkGroupCommit(b *testing.B) {
	d := testkit.Open(b, testkit.NewDatabase(b, "sqlite"), nil)
	op := db.NewOp(d, "nothing", 1, func(tx *db.Tx, items []int64) error {
		_, err := tx.Exec(`UPDATE id_block SET next_id = next_id + 1 WHERE name = 'none'`)
		return err
	})
	var callers sync.WaitGroup
	work := make(chan int64)
	for range 32 {
		callers.Go(func() {
			for i := range work {
				if err := op.Do(context.Background(), i, 1); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := int64(0); b.Loop(); i++ {
		work <- i
	}
	close(work)
	callers.Wait()
}
