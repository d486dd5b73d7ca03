package campaign

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

type getParams struct {
	ID int64 `param:"id,required" doc:"Id of the campaign."`
}

func (m *Module) get(ctx context.Context, c *api.Call, p *getParams) (any, error) {
	r, err := m.single(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	return newCampaign(c, r), nil
}

type getInfoParams struct {
	getParams
	GetFilledTplCampaignText bool `param:"getFilledTplCampaignText" doc:"1 = the text of a template is filled with the data of the recipient added first."`
}

// getInfo need not fill anything yet: the text of a single message is no template.
func (m *Module) getInfo(ctx context.Context, c *api.Call, p *getInfoParams) (any, error) {
	r, err := m.single(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	return newInfo(c, r), nil
}

// single finds the message that is the campaign of that id.
func (m *Module) single(ctx context.Context, c *api.Call, id int64) (*message.Record, error) {
	r, err := m.Messages.FindSingle(ctx, c.Account.ID, id)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil, api.NotFound()
	case err != nil:
		return nil, fmt.Errorf("campaign %d: %w", id, err)
	}
	return r, nil
}
