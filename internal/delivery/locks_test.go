package delivery_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestLocksAreTakenInOneOrder stops a refusal at the account it pays back to, and
// looks at what it has locked: pending by then, its message not yet. Two
// transactions that keep to one order never wait for each other. SQLite has one
// writer and no locks of rows.
func TestLocksAreTakenInOneOrder(t *testing.T) {
	c := newWire(t)
	w := newWorld(t, testkit.NewDatabase(t, "postgres"), c.carries(10, delivery.Resend))
	id := w.send(number(1, 0), "refused")
	submit := c.submit()
	other := newLocker(t, w.url)
	release := other.hold(`SELECT id FROM account FOR UPDATE`)
	c.write(submit.conn, smpp.NewResponse(submit.SubmitSM, smpp.StatusInvDstAddr))
	testkit.Eventually(t, 10*time.Second, func() error {
		if free := other.free("pending"); free != 0 {
			return fmt.Errorf("the refusal has not come to its account: %d rows of pending are free", free)
		}
		return nil
	})
	if free := other.free("message"); free != 1 {
		t.Error("the message is locked before the account")
	}
	release()
	w.await(id, message.Rejected)
	w.balanced()
}

// locker is another client of a PostgreSQL database.
type locker struct {
	t  *testing.T
	db *sql.DB
}

func newLocker(t *testing.T, url string) *locker {
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &locker{t, db}
}

// hold keeps the locks of a query until release is called.
func (l *locker) hold(query string) (release func()) {
	l.t.Helper()
	tx, err := l.db.BeginTx(l.t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(l.t.Context(), query)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			l.t.Error(err)
		}
	}
}

// free counts the rows of a table that nobody has locked.
func (l *locker) free(table string) (n int) {
	l.t.Helper()
	err := l.db.QueryRowContext(l.t.Context(), `SELECT count(*) FROM (SELECT 1 FROM `+table+` FOR UPDATE SKIP LOCKED) AS unlocked`).Scan(&n)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}
