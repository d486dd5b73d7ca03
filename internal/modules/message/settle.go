package message

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
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

// single tells whether the change is known to be about a message sent singly.
func (c Change) single() bool { return c.Of != nil && c.Of.Single() }

// Forward only, and final stays final: 4 is Delivered, the first of the finals.
const setStatus = `UPDATE message SET was = message.status, status = :status, status_update_ms = :at_ms,
		start_send_ms = coalesce(message.start_send_ms, :start_ms) {rows}
	WHERE message.id = :id AND message.status < 4 AND message.status < :status`

var (
	changeColumns = []string{"id bigint", "status bigint", "at_ms bigint", "start_ms bigint"}

	updateStatus  = db.Rows(setStatus, changeColumns...)
	finishMessage = db.Rows(setStatus+" RETURNING :place", changeColumns...)
	moveMessage   = db.Rows(setStatus+" RETURNING message.was, message.seg_price, "+finalColumns, changeColumns...)
)

// Settle writes what became of messages, in delivery's transaction: accounts
// first, for what is paid back, then the messages, then what their campaigns count
// and who is to be told. Each message may stand in changes once. A change that would
// go backwards is passed over.
func (m *Module) Settle(tx *db.Tx, changes []Change) error {
	if err := m.repay(tx, changes); err != nil {
		return err
	}
	s := sorted(changes, m.Events != nil && m.Events.Wanted())
	if err := tx.Each(updateStatus, len(s.quiet), rowOf(s.quiet)); err != nil {
		return err
	}
	err := tx.EachTouched(finishMessage, len(s.told), rowOf(s.told), func(i int) { s.finals = append(s.finals, s.told[i].final()) })
	if err != nil {
		return err
	}
	if err := m.move(tx, &s); err != nil {
		return err
	}
	if len(s.finals) == 0 {
		return nil
	}
	return m.Events.Report(tx, s.finals)
}

// settlement is a set of changes by what has to be known of each.
type settlement struct {
	quiet  []Change // of single messages: nobody needs to hear whether it came to pass
	told   []Change // of single messages: others are told if it did
	others []Change // their rows say what they are, and what they were before
	wanted bool     // others are told of final statuses
	finals []Final  // of which they are told
}

func sorted(changes []Change, wanted bool) settlement {
	s := settlement{wanted: wanted}
	for _, c := range changes {
		switch {
		case !c.single():
			s.others = append(s.others, c)
		case wanted && c.Status.Final():
			s.told = append(s.told, c)
		default:
			s.quiet = append(s.quiet, c)
		}
	}
	return s
}

func rowOf(changes []Change) func(i int, args []any) {
	return func(i int, args []any) {
		c := changes[i]
		args[0], args[1], args[2], args[3] = c.ID, int64(c.Status), c.AtMs, db.OrNull(c.StartMs)
	}
}

// Move is a bulk message's way from one status to another, as its campaign counts it.
type Move struct {
	CampaignID int64
	From, To   Status
	Segments   int
	Cost       money.Amount
	AtMs       int64
}

func (m *Module) move(tx *db.Tx, s *settlement) error {
	var moves []Move
	err := tx.EachReturning(moveMessage, len(s.others), rowOf(s.others), func(row db.Row) error {
		var f Final
		var was Status
		var price money.Amount
		if err := row.Scan(append([]any{&was, &price}, f.fields()...)...); err != nil {
			return err
		}
		if f.CampaignID != f.ID {
			cost, _ := price.Mul(f.SegNum) // it fitted when the message was made
			moves = append(moves, Move{f.CampaignID, was, f.Status, f.SegNum, cost, f.AtMs})
		}
		if s.wanted && f.Status.Final() {
			s.finals = append(s.finals, f)
		}
		return nil
	})
	if err != nil || len(moves) == 0 {
		return err
	}
	return m.Campaigns.Moved(tx, moves)
}
