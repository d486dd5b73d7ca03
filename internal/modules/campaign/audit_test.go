package campaign_test

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// number reads a single number of the database.
func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One(query, args, &n) }))
	return n
}

func (w *world) balance() money.Amount {
	w.t.Helper()
	balance, err := w.users.Balance(w.t.Context(), w.account)
	w.ok(err)
	return balance
}

// audited checks that every balance is the sum of its ledger.
func (w *world) audited() {
	w.t.Helper()
	wrong, err := w.users.Audit(w.t.Context())
	w.ok(err)
	for _, d := range wrong {
		w.t.Error(d)
	}
}

// sound checks that what a campaign says it holds is what it holds.
func (w *world) sound(id string, messages int64) {
	w.t.Helper()
	type sums struct{ messages, segments, cost int64 }
	var says, holds, parts sums
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		args := []any{parsed(id)}
		return errors.Join(
			q.One(`SELECT messages, segments, cost FROM campaign WHERE id = $1`, args, &says.messages, &says.segments, &says.cost),
			q.One(`SELECT count(*), CAST(coalesce(sum(seg_num), 0) AS bigint), CAST(coalesce(sum(seg_num * seg_price), 0) AS bigint)
				FROM message WHERE campaign_id = $1`, args, &holds.messages, &holds.segments, &holds.cost),
			q.One(`SELECT CAST(coalesce(sum(messages), 0) AS bigint), CAST(coalesce(sum(segments), 0) AS bigint),
				CAST(coalesce(sum(segments * seg_price), 0) AS bigint) FROM campaign_part WHERE campaign_id = $1`, args, &parts.messages, &parts.segments, &parts.cost))
	}))
	if says != holds || says != parts || says.messages != messages {
		w.t.Errorf("campaign %s says %+v, holds %+v, in parts %+v; want %d messages", id, says, holds, parts, messages)
	}
	for _, query := range []string{
		`SELECT count(*) FROM campaign_recipient WHERE campaign_id = $1`, `SELECT count(DISTINCT recipient) FROM message WHERE campaign_id = $1`,
	} {
		if n := w.number(query, parsed(id)); n != messages {
			w.t.Errorf("campaign %s: %d, want %d: %s", id, n, messages, query)
		}
	}
}

// ends waits for a task's end and checks it.
func (w *world) ends(task int64, want tasks.Status) {
	w.t.Helper()
	w.idle()
	progress, status, err := w.tasks.Status(w.t.Context(), w.account, task)
	w.ok(err)
	if status != want || want == tasks.Done && progress != 100 {
		w.t.Errorf("task %d has status %d at %d %%, want status %d", task, status, progress, want)
	}
}

// exec changes rows behind the module's back, as another process would.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}
