// Package message is the API module "message": it decides what can be decided
// before a message is written, accepts it, keeps it, and tells what became of it.
// It alone writes the table message.
//
// A message sent singly is its own campaign: campaign_id is the message's id, and
// package campaign derives the campaign of type 1 from the message.
package message

import (
	"log/slog"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// IDs is the series that numbers messages and campaigns alike.
const IDs = "message"

// Message is one message to one recipient, as it is kept.
type Message struct {
	ID, AccountID, CampaignID int64
	CreatedMs                 int64
	Sender                    string
	Recipient                 string // digits
	Text                      string // while it is being added to a campaign: "" = that one's, or the piece of it that is its own
	Country, Operator         string // ISO 3166 two letters; "" = operator not known
	SegNum                    int
	SegPrice                  money.Amount
	Status                    Status
	Moderation                Moderation
	CreationWay               CreationWay
	MClass                    int    // 0 flash, 1 ordinary
	ValidityMin               int    // minutes, counted from release
	ExpiresMs                 int64  // when validity ends
	DeferredMs                int64  // not before; 0 = at once
	Name                      string // of a single message's campaign; "" = none
	CardID, GroupID           int64  // the contact that the number came from, and its group; 0 = none

	asked     *moderation.Verdict // why a moderator is asked, while it is being accepted; nil = nobody is
	shortened *Shortened          // the text with short links, while it is being accepted; nil = it has none
}

// Single tells whether the message was sent singly, not by a bulk campaign.
func (m *Message) Single() bool { return m.CampaignID == m.ID }

// Cost is what the account pays. Accept has checked that it fits.
func (m *Message) Cost() money.Amount {
	cost, _ := m.SegPrice.Mul(m.SegNum)
	return cost
}

// Outgoing is a message on its way into the queue; Slot is what the queue needs
// to remember about it between its calls.
type Outgoing struct {
	*Message
	Slot any
}

// Queue is delivery, as far as accepting needs it.
type Queue interface {
	// Routes tells whether any carrier may take the message.
	Routes(*Message) bool
	// Plan writes, in the accepting transaction, that the messages are to be sent.
	// It may be called again with the same messages when the batch is tried anew.
	Plan(tx *db.Tx, messages []*Outgoing) error
	// Committed takes a message over, once its transaction is durable.
	Committed(*Outgoing)
	// Dropped gives back what Plan had taken for a message that was not accepted.
	Dropped(*Outgoing)
}

// Stops is the stop list.
type Stops interface {
	// Stopped tells from memory whether an account's messages may not go to a number.
	Stopped(accountID int64, number phone.Number) bool
}

// Config is what the module needs to know and to call.
type Config struct {
	DB          *db.DB
	Users       *user.Module
	Alphanames  *alphaname.Module
	Prices      *price.Module
	Moderation  *moderation.Module // nil = no account is moderated
	Repeats     api.Repeats        // answers that were kept; nil = nobody is guarded against duplicates
	Stops       Stops              // nil = nobody is stopped
	Links       *link.Module       // nil = no links are shortened
	Book        *phone.Book
	Queue       Queue
	Tracer      Tracer
	Events      Events // who is told of final statuses; nil = nobody
	MaxSegments int    // of one text
	// Campaigns gives the object of campaign/getInfo for each of a page's messages.
	Campaigns Campaigns
	Filling   FillerConfig // zero = DefaultFiller
	Logger    *slog.Logger // of the filler; nil = slog.Default
}

// Module is the API module.
type Module struct {
	Config
	accept *db.Op[*submission]
	filler *Filler

	sortFields   map[string]*sortField
	singleFields map[string]*sortField
	shelves      shelves
	counts       *db.Recent[db.SearchKey, blockCounts]
	ends         db.Ends[place]
}

// acceptRank: accounts are locked before what delivery's completer touches.
const acceptRank = 10

// New makes the module.
func New(c Config) *Module {
	c.DB.Partitioned(IDs)
	if c.Filling == (FillerConfig{}) {
		c.Filling = DefaultFiller()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	m := &Module{Config: c, sortFields: sortFields(), singleFields: singleFields(), shelves: newShelves(), counts: newCounts(), ends: db.NewEnds[place]()}
	m.filler = newFiller(c.Filling, c.DB, m.shelves, c.Logger)
	m.accept = db.NewOp(c.DB, "accept", acceptRank, m.acceptBatch).OneAtATime() // they lock the same accounts
	return m
}

// Filler is the service that puts messages on shelves for lists; see Filler.
func (m *Module) Filler() *Filler { return m.filler }

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "message",
		Doc:  "Sending single messages, and what became of messages.",
		Methods: []api.Method{
			api.Define("sendSmsMessage", "Sends a message to one recipient.", m.sendSmsMessage,
				api.Returns[Sent]("The ids of the message."), api.Atomic, api.RateClass("send")),
			api.Define("getSMSStatus", "Tells where messages stand, by their ids.", m.getSMSStatus,
				api.Returns[[]statusResult]("Where each message stands, in the order of the ids; unknown ids are left out.")),
			api.Define("list", "Lists messages, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[Item]]("A page of messages.")),
			api.Define("preview", "Tells how a message would be sent and what it would cost.", m.preview,
				api.Returns[previewed]("What sendSmsMessage would make of the same parameters.")),
			api.Define("explain", "Tells a message's whole story in order.", m.explain,
				api.Returns[explainResult]("The message's story.")),
		},
	}
}
