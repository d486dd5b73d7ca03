package message

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// Change is what delivery learnt about a message.
type Change struct {
	ID      int64
	Status  Status
	AtMs    int64    // when it was learnt
	StartMs int64    // when sending began; 0 = it has not, no segment was ever submitted
	Of      *Message // as it was accepted; nil where that would have to be read
}

// repays tells whether the account gets its money back (contract §3, Money).
func (c Change) repays() bool {
	return c.Status == Rejected || c.StartMs == 0 && (c.Status == Expired || c.Status == Deleted)
}

// errSettled fails a batch that would have paid back twice.
var errSettled = errors.New("a message was settled by another writer meanwhile")

var (
	// 6 is Rejected: that is paid back even if sending had begun.
	selectCost = db.Rows(`SELECT message.id, message.account_id, message.seg_num * message.seg_price FROM message {rows}
		WHERE message.id = :id AND message.status < 4 AND message.repaid = 0 AND (message.start_send_ms IS NULL OR :status = 6)`,
		"id bigint", "status bigint")
	updateRepaid = db.Rows(`UPDATE message SET repaid = :repaid {rows}
		WHERE message.id = :id AND message.status < 4 AND message.repaid = 0 RETURNING message.id`, "id bigint", "repaid bigint")

	// Forward only, and final stays final: 4 is Delivered, the first of the finals.
	updateStatus = db.Rows(setStatus, "id bigint", "status bigint", "at_ms bigint", "start_ms bigint")
)

const setStatus = `UPDATE message SET status = :status, status_update_ms = :at_ms,
		start_send_ms = coalesce(message.start_send_ms, :start_ms) {rows}
	WHERE message.id = :id AND message.status < 4 AND message.status < :status`

// Settle writes what became of messages, in delivery's transaction: accounts
// first, for what is paid back, then the messages, then who is to be told. Each
// message may stand in changes once. A change that would go backwards is passed over.
func (m *Module) Settle(tx *db.Tx, changes []Change) error {
	if err := m.repay(tx, changes); err != nil {
		return err
	}
	if m.Events == nil || !m.Events.Wanted() {
		return tx.Each(updateStatus, len(changes), rowOf(changes))
	}
	var final, others []Change
	for _, c := range changes {
		if c.Status.Final() {
			final = append(final, c)
		} else {
			others = append(others, c)
		}
	}
	if err := tx.Each(updateStatus, len(others), rowOf(others)); err != nil {
		return err
	}
	finals, err := m.finish(tx, final)
	if err != nil {
		return err
	}
	return m.Events.Report(tx, finals)
}

func rowOf(changes []Change) func(i int, args []any) {
	return func(i int, args []any) {
		c := changes[i]
		args[0], args[1], args[2], args[3] = c.ID, int64(c.Status), c.AtMs, unlessZero(c.StartMs)
	}
}

func (m *Module) repay(tx *db.Tx, changes []Change) error {
	due, err := costs(tx, changes)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := m.Users.Repay(tx, due); err != nil {
		return err
	}
	return markRepaid(tx, due)
}

// costs finds what is to be paid back, and to whom.
func costs(tx *db.Tx, changes []Change) (due []user.Repayment, err error) {
	var repaid []Change
	for _, c := range changes {
		if c.repays() {
			repaid = append(repaid, c)
		}
	}
	fill := func(i int, args []any) { args[0], args[1] = repaid[i].ID, int64(repaid[i].Status) }
	err = tx.EachReturning(selectCost, len(repaid), fill, func(rows db.Row) error {
		var r user.Repayment
		err := rows.Scan(&r.MessageID, &r.AccountID, &r.Amount)
		due = append(due, r)
		return err
	})
	return due, err
}

// markRepaid notes the repayments on their messages. The costs were read before
// the accounts were locked: should another writer have settled one of the messages
// in between, the transaction fails as a whole and is tried anew.
func markRepaid(tx *db.Tx, due []user.Repayment) error {
	marked := 0
	fill := func(i int, args []any) { args[0], args[1] = due[i].MessageID, int64(due[i].Amount) }
	err := tx.EachReturning(updateRepaid, len(due), fill, func(db.Row) error { marked++; return nil })
	if err == nil && marked < len(due) {
		err = errSettled
	}
	return err
}
