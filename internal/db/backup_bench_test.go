package db_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// BenchmarkCommitBesideABackup is what 32 callers wait for their commits, on a
// database of 200 000 messages: left alone, and while a backup of it is made.
//
//	go test -run none -bench BesideABackup -benchtime 5x ./internal/db
func BenchmarkCommitBesideABackup(b *testing.B) {
	d, dir := testkit.Open(b, testkit.NewDatabase(b, "sqlite"), nil), b.TempDir()
	housekeeping := d.Maintenance()
	if err := housekeeping.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer housekeeping.Stop(context.Background())
	w := &callers{accept: db.NewOp(d, "messages", 1, insertMessages)}
	for range 200 {
		if err := d.Write(b.Context(), db.Answers, func(tx *db.Tx) error { return insertMessages(tx, w.ids(1000)) }); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("alone", func(b *testing.B) {
		w.measure(b, func(ctx context.Context) { <-ctx.Done() })
	})
	b.Run("backup", func(b *testing.B) {
		w.measure(b, func(context.Context) {
			if _, err := d.Backup(b.Context(), filepath.Join(dir, "copy.db"), true, 0); err != nil {
				b.Fatal(err)
			}
		})
	})
}

var insertMessage = db.Rows(`INSERT INTO message (id, account_id, campaign_id, created_ms, sender, recipient, text, country,
		operator, seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms)
	SELECT :id, 1, :id, 0, 'Heliograph', '77010000000', :text, 'KZ', '', 1, 162000, 1, 2, 2, 1, 1440, 0 {rows}`, "id bigint", "text text")

const benchText = "Your parcel has arrived and waits for you at the pick-up point until Friday. The code is 123456."

func insertMessages(tx *db.Tx, ids []int64) error {
	return tx.Each(insertMessage, len(ids), func(i int, args []any) { args[0], args[1] = ids[i], benchText })
}

// callers write messages, and pause after each for about as long as a client does.
type callers struct {
	accept *db.Op[int64]
	last   atomic.Int64
}

func (w *callers) ids(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = w.last.Add(1)
	}
	return ids
}

// measure reports how long commits took while other ran, which is given a second if
// it has no end of its own.
func (w *callers) measure(b *testing.B, other func(ctx context.Context)) {
	var mu sync.Mutex
	var took []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), time.Second)
		var gone sync.WaitGroup
		stop := make(chan struct{})
		for range 32 {
			gone.Go(func() {
				pause := time.NewTicker(5 * time.Millisecond)
				defer pause.Stop()
				for {
					begun := time.Now()
					if err := w.accept.Do(context.Background(), w.last.Add(1), 1); err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					took = append(took, time.Since(begun))
					mu.Unlock()
					select {
					case <-pause.C:
					case <-stop:
						return
					}
				}
			})
		}
		other(ctx)
		close(stop)
		gone.Wait()
		cancel()
	}
	slices.Sort(took)
	for name, part := range map[string]float64{"p50-ms": 0.5, "p99-ms": 0.99, "max-ms": 1} {
		b.ReportMetric(float64(took[int(part*float64(len(took)-1))].Microseconds())/1000, name)
	}
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "commits/s")
	b.ReportMetric(0, "ns/op")
}
