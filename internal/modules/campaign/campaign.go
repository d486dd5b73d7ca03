// Package campaign is the API module "campaign". A message that was sent singly
// is a campaign of type 1: it is derived from the message and stored nowhere.
package campaign

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Config is what the module needs to call.
type Config struct {
	Messages *message.Module
}

// Module is the API module.
type Module struct{ Config }

// New makes the module.
func New(c Config) *Module { return &Module{c} }

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "campaign",
		Doc:  "Campaigns, and the one that each single message is by itself.",
		Methods: []api.Method{
			api.Define("get", "Returns a campaign without its counters.", m.get),
			api.Define("getInfo", "Returns a campaign with its counters.", m.getInfo),
		},
	}
}

// Infos gives the object of getInfo for each message of a page; it makes Module a
// message.Campaigns.
func (m *Module) Infos(_ *db.Reader, c *api.Call, page []*message.Record) ([]any, error) {
	infos := make([]any, len(page))
	for i, r := range page {
		infos[i] = newInfo(c, r)
	}
	return infos, nil
}
