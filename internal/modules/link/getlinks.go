package link

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type getLinksParams struct {
	CampaignID int64 `param:"campaignId,required" doc:"Id of the campaign, or of a message sent singly."`
}

// ofCampaign is a link as getLinks tells it.
type ofCampaign struct {
	ID          int64   `json:"id,string" doc:"Id of the link."`
	Code        string  `json:"code" doc:"Its code: what the short link ends in."`
	FullLink    string  `json:"fullLink" doc:"The target: where it leads."`
	ShortLink   string  `json:"shortLink" doc:"The whole short link."`
	ClickCnt    int64   `json:"clickCnt,string" doc:"Clicks on it, by people and by programs."`
	RedirectCnt int64   `json:"redirectCnt,string" doc:"Clicks of people that were led to the target."`
	Comment     *string `json:"comment" doc:"A note."`
}

// GetLinks is the method getLinks, which the modules link and campaign share.
func (m *Module) GetLinks() api.Method {
	return api.Define("getLinks", "Gets the short links of a campaign's text.", m.getLinks,
		api.Returns[[]ofCampaign]("The links, in the order they were made."), api.Scope("link"))
}

func (m *Module) getLinks(ctx context.Context, c *api.Call, p *getLinksParams) (any, error) {
	if err := m.Campaign(ctx, c, p.CampaignID); err != nil {
		return nil, err
	}
	links := []ofCampaign{}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT "+columns+" FROM short_link WHERE campaign_id = $1 AND account_id = $2 AND deleted_ms IS NULL ORDER BY id", func(row db.Row) error {
			l := &Link{}
			err := row.Scan(l.fields()...)
			links = append(links, ofCampaign{l.ID, l.Code, l.FullLink, m.ShortLink(l.Code), l.Clicks, l.Redirects, api.OrNull(l.Comment)})
			return err
		}, p.CampaignID, c.Account.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("links of campaign %d: %w", p.CampaignID, err)
	}
	return links, nil
}
