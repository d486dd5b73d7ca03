// Package carrier is one carrier as delivery sees it: segments go in, answers and
// receipts come out. SMPP is the one protocol so far.
package carrier

import (
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Segment is what is handed to a carrier at once: a short message or one part of
// a concatenated one.
type Segment struct {
	From, To   string // sender ID; recipient's digits
	DataCoding byte   // SMPP 3.4 §5.2.19
	UDHI       bool   // Data begins with a user data header
	Data       []byte // user data; not kept after Submit returns
	Validity   time.Duration
}

// Outcome sorts what can become of a submit by what may be done next.
type Outcome int

const (
	// Accepted: the carrier has it, under Answer.Ref.
	Accepted Outcome = iota
	// Refused: the carrier does not want it and will not, or no carrier could be
	// given it.
	Refused
	// Throttled: the carrier wants less at a time; the same submit may follow later.
	Throttled
	// Troubled: the carrier could not just now; the same submit may follow later.
	Troubled
	// NotSent: not one octet left us. It cannot double when sent again.
	NotSent
	// NoAnswer: it went out and no answer came: the carrier may have it or not.
	NoAnswer
)

// String names the outcome for logs and metrics.
func (o Outcome) String() string {
	return [...]string{"accepted", "refused", "throttled", "troubled", "not sent", "no answer"}[o]
}

// Answer is what became of a submit.
type Answer struct {
	Outcome Outcome
	Ref     string // the carrier's message id, as given
	Reason  string // the status's name, or why there was no answer; for people
}

// Receipt is a carrier's report on a segment.
type Receipt struct {
	Ref       string // the carrier's message id, as given
	Recipient string // whom the segment went to, as the carrier writes it
	Sender    string
	Status    message.Status // a final one
	ErrorCode string         // the network's, as given
}

// State is a carrier's links at one moment.
type State struct {
	Bound, Binds int // links that are bound, of how many
	// Problem tells why a link that is not bound is not, "" when all are.
	Problem string
	Since   time.Time // of the oldest problem
	// LastError is what last ended or prevented a link that is not bound, "" when
	// nothing did.
	LastError string
}
