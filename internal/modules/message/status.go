package message

import (
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
)

// Status is where a message stands (contract §3). Statuses only grow: a later
// one never gives way to an earlier one, and a final one to none.
type Status int64

const (
	Created         Status = iota // NEW: created, not yet released
	Enqueued                      // in the queue for sending
	Accepted                      // taken by the carrier
	PartlyDelivered               // some segments delivered; of a message only, never of a segment
	Delivered                     // the final ones from here on
	Undelivered
	Rejected
	Expired
	Deleted
)

// statusNames are the words on the wire.
var statusNames = [...]string{
	"NEW", "ENQUEUD", "ACCEPTD", "PDLIVRD", "DELIVRD", "UNDELIV", "REJECTD", "EXPIRED", "DELETED",
}

// String is the status as it stands on the wire.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", int64(s))
	}
	return statusNames[s]
}

// Final tells whether nothing can change the status any more.
func (s Status) Final() bool { return s >= Delivered }

// ParseStatus reads a status as it stands on the wire.
func ParseStatus(word string) (Status, bool) {
	for i, name := range statusNames {
		if name == word {
			return Status(i), true
		}
	}
	return 0, false
}

// Moderation is what became of the question whether a campaign may be sent.
type Moderation int64

const (
	AutoReady        = Moderation(moderation.AutoReady)        // AUTO_READY_FOR_SEND: nobody had to be asked
	WaitingModerator = Moderation(moderation.WaitingModerator) // MODERATION
	Declined         = Moderation(moderation.Declined)
	Ready            = Moderation(moderation.Ready) // READY_FOR_SEND: a moderator agreed
)

// CreationWay says who made a campaign.
type CreationWay int64

const (
	ByConsole CreationWay = 1
	ByAPI     CreationWay = 2
	ByService CreationWay = 5
)
