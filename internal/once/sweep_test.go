package once_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

// keepMany keeps answers of two accounts that are over after a while.
func (n *node) keepMany(count int, during time.Duration) {
	n.t.Helper()
	claims := make([]*once.Claim, count)
	for i := range claims {
		text := fmt.Sprint(during, i)
		claims[i] = &once.Claim{
			Repeat: &api.Repeat{Account: 1 + int64(i%2), Key: text, UntilMs: n.clock.Now().Add(during).UnixMilli()},
			Kept:   &api.Kept{Data: []byte("1")}, ID: int64(i),
		}
	}
	if err := n.db.Write(n.t.Context(), db.Background, func(tx *db.Tx) error { return once.KeepAll(tx, claims) }); err != nil {
		n.t.Fatal(err)
	}
}

// TestWhatIsOverIsForgottenWhereverItLies among what is not, round after round.
func TestWhatIsOverIsForgottenWhereverItLies(t *testing.T) {
	onBoth(t, func(t *testing.T, n *node, _ string) {
		const hours, each = 3, 1100 // chunks of answers of every kind
		for hour := range hours {
			n.keepMany(each, time.Duration(hour+1)*time.Hour)
		}
		for hour := range hours + 1 {
			var kept int
			err := n.once.Prune(t.Context())
			err = errors.Join(err, n.db.Read(t.Context(), func(q *db.Reader) error { return q.One(`SELECT count(*) FROM kept_answer`, nil, &kept) }))
			if want := (hours - hour) * each; kept != want || err != nil {
				t.Errorf("%d answers are kept after %d hours, want %d: %v", kept, hour, want, err)
			}
			n.clock.Advance(time.Hour)
		}
	})
}
