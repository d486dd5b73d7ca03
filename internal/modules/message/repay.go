package message

import (
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// errSettled fails a batch that would have paid back twice.
var errSettled = errors.New("a message was settled by another writer meanwhile")

var (
	// 6 is Rejected: that is paid back even if sending had begun.
	selectCost = db.Rows(`SELECT message.id, message.account_id, message.campaign_id, message.seg_num * message.seg_price FROM message {rows}
		WHERE message.id = :id AND message.status < 4 AND message.repaid = 0 AND (message.start_send_ms IS NULL OR :status = 6)`,
		"id bigint", "status bigint")
	updateRepaid = db.Rows(`UPDATE message SET repaid = :repaid {rows}
		WHERE message.id = :id AND message.status < 4 AND message.repaid = 0 RETURNING message.id`, "id bigint", "repaid bigint")
)

// debt is what an account is to get back for a message.
type debt struct {
	messageID, accountID, campaignID int64
	amount                           money.Amount
}

func (m *Module) repay(tx *db.Tx, changes []Change) error {
	due, err := costs(tx, changes)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := m.Users.Repay(tx, repayments(due)); err != nil {
		return err
	}
	return markRepaid(tx, due)
}

// costs finds what is to be paid back, and to whom.
func costs(tx *db.Tx, changes []Change) (due []debt, err error) {
	var repaid []Change
	for _, c := range changes {
		if c.repays() {
			repaid = append(repaid, c)
		}
	}
	fill := func(i int, args []any) { args[0], args[1] = repaid[i].ID, int64(repaid[i].Status) }
	err = tx.EachReturning(selectCost, len(repaid), fill, func(rows db.Row) error {
		var d debt
		err := rows.Scan(&d.messageID, &d.accountID, &d.campaignID, &d.amount)
		due = append(due, d)
		return err
	})
	return due, err
}

// repayments are the ledger's rows: one for each single message, and one for all of a
// campaign's.
func repayments(due []debt) (all []user.Repayment) {
	of := map[int64]int{} // campaign → its place in all
	for _, d := range due {
		at, known := of[d.campaignID]
		if !known {
			at = len(all)
			of[d.campaignID] = at
			all = append(all, user.Repayment{AccountID: d.accountID, MessageID: d.campaignID})
		}
		all[at].Messages++
		all[at].Amount += d.amount
	}
	return all
}

// markRepaid notes the repayments on their messages. The costs were read before
// the accounts were locked: should another writer have settled one of the messages
// in between, the transaction fails as a whole and is tried anew.
func markRepaid(tx *db.Tx, due []debt) error {
	marked := 0
	fill := func(i int, args []any) { args[0], args[1] = due[i].messageID, int64(due[i].amount) }
	err := tx.EachReturning(updateRepaid, len(due), fill, func(db.Row) error { marked++; return nil })
	if err == nil && marked < len(due) {
		err = errSettled
	}
	return err
}
