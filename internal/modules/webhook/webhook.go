// Package webhook is the API module "webhook": it tells other systems what became of
// messages (contract §8, §9). It alone writes the tables webhook, webhook_delivery and
// webhook_attempt.
//
// # The way of an event
//
// The transaction that makes a message's status final writes a row of webhook_delivery
// for each webhook of its account that is switched on. While there is room in memory
// for that receiver, the row carries this node's epoch, and after the commit the
// deliverer posts it; else it belongs to nobody, and the feeder of some node claims
// it. What became of an attempt is written together with whatever else is being
// committed: delivered, due again some minutes later, or failed for good and to be
// replayed. So an event is told at least once, under one eventId, and no attempt's
// number is used for two outcomes that both came to be known.
//
// # Who waits for whom
//
// Nobody but a receiver waits for it: it has a bounded number of attempts under way,
// few when it does not answer well; an account has a bounded number over all its
// receivers; and accounts take turns.
package webhook

import (
	"log/slog"
	"net/netip"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/metrics"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
)

// Topic is touched when a webhook changes.
const Topic = "webhook"

// Event types (contract §8). Those of forms are accepted and never happen yet.
const (
	DeliveryReport   = "sms-delivery-report"
	FormSubmission   = "form-submission"
	FormConfirmation = "form-contact-confirmation"
	FormUnsubscribe  = "form-contact-unsubscribe"
)

// Status of a webhook. The numbers are stored and stand on the wire.
type Status int64

const (
	Off Status = 0
	On  Status = 1
)

// Webhook is where an account wants to be told of one type of events.
type Webhook struct {
	ID, AccountID        int64
	EventType            string
	URL                  string
	Format               post.Format
	Secret               string // "" = none
	Status               Status
	CreatedMs, UpdatedMs int64
	FailingMs            int64 // since when no attempt has succeeded, after one that failed; 0 = it works
}

// Config is what the module needs to know and to call.
type Config struct {
	DB       *db.DB
	Watcher  *db.Watcher
	Node     *db.Node
	Users    *user.Module
	Messages func() *message.Module // set once both exist: message needs webhook too
	Allow    []netip.Prefix         // inner networks that webhooks may reach
	Logger   *slog.Logger
	Metrics  *metrics.Registry

	Poster Poster // nil = post.New
}

// Module is safe for concurrent use. It is a run.Service: once started it knows the
// webhooks and follows changes by any process within a second.
type Module struct {
	*db.Snapshot[book]
	Config
	deliverer *Deliverer
}

// New makes the module.
func New(c Config) *Module {
	m := &Module{Config: c}
	m.Snapshot = db.NewSnapshot(c.Watcher, Topic, c.Logger, m.load)
	m.deliverer = newDeliverer(m)
	return m
}

// Deliverer is the service that posts; see Deliverer.
func (m *Module) Deliverer() *Deliverer { return m.deliverer }

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "webhook",
		Doc:  "Telling other systems what became of messages, as it happens.",
		Methods: []api.Method{
			api.Define("create", "Makes a webhook; the answer is its id.", m.create,
				api.Returns[string]("The id of the webhook."), api.Writes),
			api.Define("update", "Changes a webhook; what is not sent stays as it is.", m.update,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("delete", "Deletes webhooks; what they still had to tell is given up.", m.delete,
				api.Returns[api.Processed]("Which webhooks were deleted.", api.CodePartlyDone, api.CodeNothingDone), api.Writes),
			api.Define("get", "Gives one webhook.", m.get,
				api.Returns[object]("The webhook.")),
			api.Define("list", "Lists webhooks, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[object]]("A page of webhooks.")),
			api.Define("deliveries", "Lists what was told to whom, with every attempt, newest first.", m.deliveries,
				api.Returns[api.List[deliveryItem]]("A page of deliveries.")),
			api.Define("replay", "Tells events again, under the same eventId.", m.replay,
				api.Returns[api.Processed]("Which events are told again.", api.CodePartlyDone, api.CodeNothingDone), api.Writes),
		},
	}
}
