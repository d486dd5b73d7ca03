package once_test

import (
	"crypto/rand"
	"encoding/json"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// BenchmarkKeepAll keeps the answers of sixteen calls a transaction beside 200 000 kept
// ones, on SQLite: what a key costs in processor time, its part of the commit included.
// "no keys" is the same transaction without them. Keys are counted up, or drawn by chance.
func BenchmarkKeepAll(b *testing.B) {
	b.Run("counted up", func(b *testing.B) { keepAll(b, func(id string) string { return "order " + id }) })
	b.Run("by chance", func(b *testing.B) { keepAll(b, func(string) string { return rand.Text() }) })
}

func keepAll(b *testing.B, named func(id string) string) {
	const batch, before = 16, 200_000
	d := testkit.Open(b, testkit.NewDatabase(b, "sqlite"), testkit.NewClock())
	made := 0
	keep := func(n int) {
		claims := make([]*once.Claim, n)
		for i := range claims {
			made++
			id := strconv.Itoa(1_000_000_000 + made)
			claims[i] = &once.Claim{
				Repeat: &api.Repeat{Account: 1, Key: named(id), UntilMs: d.Now() + 86_400_000},
				Kept:   &api.Kept{Call: api.HashOf(id), Data: json.RawMessage(`{"campaignId":"` + id + `","messageId":"` + id + `","status":2}`)},
				ID:     int64(made),
			}
		}
		err := d.Write(b.Context(), db.Answers, func(tx *db.Tx) error {
			if err := tx.Touch("bench"); err != nil {
				return err
			}
			return once.KeepAll(tx, claims)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for made < before {
		keep(1000)
	}
	for name, keys := range map[string]int{"keys": batch, "no keys": 0} {
		b.Run(name, func(b *testing.B) {
			begun := processorTime(b)
			for b.Loop() {
				keep(keys)
			}
			b.ReportMetric(float64((processorTime(b)-begun).Microseconds())/float64(b.N)/batch, "cpu-µs/key")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
