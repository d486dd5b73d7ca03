// Package failpoint ends a process at a chosen moment, as a loss of power would. A build with the tag failpoint dies
// where its environment says:
//
//	HELIOGRAPH_FAILPOINT=answered:812
//
// kills it when it reaches the point "answered" for the 812th time, with nothing cleaned up and no deferred function run.
// In every other build Hit is an empty function that the compiler inlines to nothing.
package failpoint

// Env names the variable that says where and when a process dies: "point:N", N from 1.
const Env = "HELIOGRAPH_FAILPOINT"

// Point is a moment in a message's way at which a process can die.
type Point string

// The points, in the order of a message's way.
const (
	AcceptUncommitted Point = "accept-uncommitted" // the accepting transaction is written, not committed
	Accepted          Point = "accepted"           // it is committed; the caller has no answer, the wire has nothing
	Spilled           Point = "spilled"            // memory is full, or was: a message goes to the database alone, uncommitted
	Claimed           Point = "claimed"            // messages that had spilled are claimed, the claim committed, and not in memory yet
	Intended          Point = "intended"           // a wave's intents are committed; nothing of it is on the wire
	Answered          Point = "answered"           // the carrier's response is read, its transaction not committed
	ReceiptRead       Point = "receipt-read"       // a deliver_sm is read, its transaction not committed
	ReceiptCommitted  Point = "receipt-committed"  // it is committed and not acknowledged
	WebhookPosted     Point = "webhook-posted"     // a receiver has answered, or not in time; the outcome is not committed
	WebhookRecorded   Point = "webhook-recorded"   // it is committed
	Stopping          Point = "stopping"           // a dispatcher takes nothing more, and its window is being answered
)

// The points in a campaign's way.
const (
	RecipientsAdded    Point = "recipients-added"    // a chunk of recipients is written, not committed
	ReleaseUncommitted Point = "release-uncommitted" // messages are released, not committed
	Released           Point = "released"            // they are, committed, and not on their way
)

// Points are those of a message's way.
func Points() []Point {
	return []Point{
		AcceptUncommitted, Accepted, Spilled, Claimed, Intended, Answered, ReceiptRead, ReceiptCommitted,
		WebhookPosted, WebhookRecorded, Stopping,
	}
}

// CampaignPoints are those of a campaign's way, before that of its messages.
func CampaignPoints() []Point { return []Point{RecipientsAdded, ReleaseUncommitted, Released} }
