package main

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
)

// moderator asks about campaigns of many messages.
type moderator struct{ *moderation.Module }

func (m moderator) Judge(ctx context.Context, account *api.Account, text string) (campaign.Judgement, error) {
	v, err := m.Module.Judge(ctx, account, text)
	return campaign.Judgement{Moderation: message.Moderation(v.Standing), Comment: v.Comment, Reasons: v.Reasons}, err
}

func (m moderator) Open(tx *db.Tx, b *campaign.Bulk, j campaign.Judgement) error {
	return m.Module.Open(tx, moderation.Case{
		CampaignID: b.ID, AccountID: b.AccountID, Sender: b.From, Text: b.Given(), Recipients: b.Messages, Reasons: j.Reasons,
	})
}

// errands give what moderators decide to those whose messages wait.
type errands struct{ *server }

func (s errands) Errand(ctx context.Context, e moderation.Ended) (moderation.Errand, error) {
	if e.Single {
		return s.messages.Errand(e), nil
	}
	errand := campaignErrand{s.campaigns, e, 0}
	if e.Standing != moderation.Declined {
		return errand, nil
	}
	var err error
	errand.task, err = s.tasks.NextID(ctx)
	return errand, err
}

// campaignErrand lets a campaign go, or ends it.
type campaignErrand struct {
	campaigns *campaign.Module
	of        moderation.Ended
	task      int64 // that ends its messages
}

func (e campaignErrand) Write(tx *db.Tx) error {
	if e.of.Standing == moderation.Declined {
		return e.campaigns.Declined(tx, e.of.CampaignID, e.task, e.of.Comment)
	}
	return e.campaigns.Approved(tx, e.of.CampaignID)
}

func (campaignErrand) Over(bool) {}
