package smsc

import "github.com/heliograph-sms/heliograph/internal/smpp"

// Outcome is what becomes of a message: the row of the table that its destination's last two digits choose, 0 for the
// row "any other".
type Outcome int

const (
	Delivered    Outcome = 0
	Undelivered  Outcome = 1
	Refused      Outcome = 2
	Expired      Outcome = 3
	Deleted      Outcome = 4
	Silent       Outcome = 5
	FirstOnly    Outcome = 6
	ReceiptFirst Outcome = 7
	Throttled    Outcome = 8
	Cut          Outcome = 9
	Doubled      Outcome = 10
	Rejected     Outcome = 11
	OtherBase    Outcome = 12

	outcomes = 13
)

// outcomeOf reads the table.
func outcomeOf(destination string) Outcome {
	n := len(destination)
	if n < 2 || !isDigit(destination[n-1]) || !isDigit(destination[n-2]) {
		return Delivered
	}
	row := Outcome(destination[n-2]-'0')*10 + Outcome(destination[n-1]-'0')
	if row >= outcomes {
		return Delivered
	}
	return row
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// fate is what a row means for one accepted segment.
type fate struct {
	state    smpp.MessageState
	err      string
	receipts int  // how many, if any are asked for
	arrives  bool // at the handset
}

func (o Outcome) fate(part int) fate {
	switch o {
	case Undelivered:
		return fate{smpp.StateUndeliverable, "001", 1, false}
	case Expired:
		return fate{smpp.StateExpired, "003", 1, false}
	case Deleted:
		return fate{smpp.StateDeleted, "004", 1, false}
	case Rejected:
		return fate{smpp.StateRejected, "011", 1, false}
	case Silent:
		return fate{}
	case FirstOnly:
		if part > 1 {
			return fate{}
		}
	case Doubled:
		return fate{smpp.StateDelivered, "000", 2, true}
	}
	return fate{smpp.StateDelivered, "000", 1, true}
}
