// Package contactcard is the API module "contactCard": an account's contacts, and which
// groups they are in (contract §7). It alone writes the tables contact_card,
// contact_member, contact_photo and contact_total.
//
// # What a card is
//
// A card is a set of values by the names they have on the wire: "name", "mobile",
// "mobile.type", "address.city"; an unset one is not there. They are kept as they were
// given, and once more in a column each, folded to lower case, which is what lists
// search and sort.
//
// # Counts
//
// How many cards there are, in a group and in none, is counted where cards come and go:
// in contact_total here, and in the groups' rows by package contactgroup. Whoever
// changes an account's cards locks its row of contact_total first, so that two who do
// wait for each other and never in a circle.
package contactcard

import (
	"log/slog"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// IDs is the series that numbers cards.
const IDs = "contact_card"

// Config is what the module needs to know and to call.
type Config struct {
	DB     *db.DB
	Groups *contactgroup.Module
	Book   *phone.Book
	Logger *slog.Logger
}

// Module is safe for concurrent use.
type Module struct {
	Config
	sweeper *run.Loop
	bounds  bounds
	ends    db.Ends[db.Place]
	known   *db.Recent[db.SearchKey, found]
}

// New makes the module.
func New(c Config) *Module {
	m := &Module{Config: c, bounds: defaultBounds(), ends: db.NewEnds[db.Place](), known: newKnown()}
	m.sweeper = run.NewLoop("contact groups", sweepEvery, c.Logger, m.sweep)
	return m
}

// Sweeper is the service that takes cards out of groups that were deleted.
func (m *Module) Sweeper() run.Service { return m.sweeper }

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "contactCard",
		Doc:  "The account's contacts.",
		Methods: []api.Method{
			api.Define("create", "Makes a contact; the answer is its id.", m.create,
				api.Returns[string]("The id of the contact."), api.Writes, api.ExpectsFile),
			api.Define("update", "Changes a contact; what is not sent stays as it is, what is sent empty is unset.", m.update,
				api.Returns[bool]("Always true."), api.Writes, api.ExpectsFile),
			api.Define("delete", "Deletes a contact.", m.delete,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("get", "Gives one contact.", m.get,
				api.Returns[object]("The contact.")),
			api.Define("list", "Lists contacts, newest first unless sorted otherwise.", m.list,
				api.Returns[listed]("A page of contacts.")),
			api.Define("setGroups", "Puts a contact in groups, and takes it out of all others.", m.setGroups,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("getGroups", "Tells which groups a contact is in.", m.getGroups,
				api.Returns[[]groupName]("The groups, in the order of their ids.")),
		},
	}
}
