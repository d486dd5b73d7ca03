package once

import (
	"context"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Answers whose time is over are found by going through all, in rounds: an index by time
// would cost each answer more than the rounds do, and so would removing them one by one,
// wherever they lie.
const (
	sweepEvery  = time.Minute
	sweepChunk  = 1000 // answers that are looked at together
	sweepChunks = 100  // in a minute
	sweepRest   = time.Hour
)

// sweep is how far a round is.
type sweep struct {
	account int64 // the last answer that was looked at
	key     []byte
	rested  time.Time // when the next round may begin
}

// prune goes on with the round.
func (a *Answers) prune(ctx context.Context) error {
	if a.db.Time().Before(a.sweep.rested) {
		return nil
	}
	for range sweepChunks {
		next, over, err := a.look(ctx)
		if err == nil && over {
			err = a.forget(ctx, next)
		}
		if err != nil {
			return fmt.Errorf("forget kept answers: %w", err)
		}
		a.sweep = next
		if next.account == 0 { // the round is done
			break
		}
	}
	return nil
}

// look goes through a chunk and gives where it ends, the zero account where that is the
// end of all; over tells whether there is an answer in it whose time is over.
func (a *Answers) look(ctx context.Context) (next sweep, over bool, err error) {
	now, seen := a.db.Now(), 0
	err = a.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT account_id, call_key, until_ms FROM kept_answer WHERE (account_id, call_key) > ($1, $2)
			ORDER BY account_id, call_key LIMIT $3`, func(row db.Row) error {
			var until int64
			err := row.Scan(&next.account, &next.key, &until)
			over = over || until <= now
			seen++
			return err
		}, a.sweep.account, a.from(), sweepChunk)
	})
	if seen < sweepChunk {
		next = sweep{rested: a.db.Time().Add(sweepRest)}
	}
	return next, over, err
}

// from is the key behind which the chunk begins: not null, which is behind nothing.
func (a *Answers) from() []byte { return append([]byte{}, a.sweep.key...) }

// forget removes what is over in a chunk that ends with an answer, or at the end of all.
func (a *Answers) forget(ctx context.Context, end sweep) error {
	return a.db.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
		if end.account == 0 {
			_, err = tx.Exec(`DELETE FROM kept_answer WHERE (account_id, call_key) > ($1, $2) AND until_ms <= $3`, a.sweep.account, a.from(), tx.Now())
			return err
		}
		_, err = tx.Exec(`DELETE FROM kept_answer WHERE (account_id, call_key) > ($1, $2) AND (account_id, call_key) <= ($3, $4) AND until_ms <= $5`,
			a.sweep.account, a.from(), end.account, end.key, tx.Now())
		return err
	})
}
