package message

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// listCriteria is what message/list can be narrowed by (contract §3).
type listCriteria struct {
	api.Criteria
	ID             *int64  `param:"id" doc:"Id of a message."`
	IDs            []int64 `param:"ids,first=100" doc:"Ids of messages; the first 100 count."`
	CampaignID     *int64  `param:"campaignId" doc:"Id of a campaign."`
	CampaignIDs    []int64 `param:"campaignIds,first=100" doc:"Ids of campaigns; the first 100 count."`
	From           string  `param:"from" doc:"The sender ID."`
	To             string  `param:"to" doc:"The recipient's number, or any part of it."`
	Text           string  `param:"text" doc:"The whole text."`
	Status         string  `param:"status" doc:"A status, such as DELIVRD."`
	Groups         []int64 `param:"groups" doc:"Ids of contact groups, to one of which the campaign is sent."`
	CampaignStatus string  `param:"campaignStatus" doc:"The campaign's commonStatus, NOT_YET_SENT or DEFERRED."`
	listTimes
}

// listTimes are From/To pairs: times in the account's zone, both ends included. A
// date stands for the whole day.
type listTimes struct {
	CampaignCreateTsFrom   string `param:"campaignCreateTsFrom" doc:"The campaign was made then or later."`
	CampaignCreateTsTo     string `param:"campaignCreateTsTo" doc:"The campaign was made then or before."`
	CampaignCreateDateFrom string `param:"campaignCreateDateFrom" doc:"Older name of campaignCreateTsFrom, a date."`
	CampaignCreateDateTo   string `param:"campaignCreateDateTo" doc:"Older name of campaignCreateTsTo, a date."`
	CampaignSentTsFrom     string `param:"campaignSentTsFrom" doc:"The campaign's sending began then or later."`
	CampaignSentTsTo       string `param:"campaignSentTsTo" doc:"The campaign's sending began then or before."`
	StartSendTsFrom        string `param:"startSendTsFrom" doc:"The message's sending began then or later."`
	StartSendTsTo          string `param:"startSendTsTo" doc:"The message's sending began then or before."`
	StatusUpdateTsFrom     string `param:"statusUpdateTsFrom" doc:"The status changed then or later."`
	StatusUpdateTsTo       string `param:"statusUpdateTsTo" doc:"The status changed then or before."`
}

// where turns the criteria into a search; possible is false when nothing can be
// found by them.
func (cr *listCriteria) where(c *api.Call, of *ofCampaign) (w *db.Where, possible bool) {
	w = db.WhereAccount(c.Account.ID)
	cr.byIDs(w)
	w.Is("sender", cr.From)
	w.Is(textColumn, cr.Text)
	of.narrow(w)
	possible = !cr.Nothing && of.possible() &&
		byRecipient(w, cr.To) &&
		byStatus(w, cr.Status) &&
		during(w, c, cr.own())
	return w, possible
}

func (cr *listCriteria) byIDs(w *db.Where) {
	if cr.ID != nil {
		w.Holds("id = ?", *cr.ID)
	}
	w.OneOf("id", cr.IDs)
	if cr.CampaignID != nil {
		inCampaigns(w, []int64{*cr.CampaignID})
	}
	inCampaigns(w, cr.CampaignIDs)
}

// inCampaigns narrows to the messages of campaigns. Only bulk messages stand in
// the index by campaign; a single one is its own campaign. As one condition with OR
// this would have SQLite walk all messages of the account.
func inCampaigns(w *db.Where, ids []int64) {
	if len(ids) == 0 {
		return
	}
	args := db.Listed(ids)
	in := db.Marks(len(args))
	w.Holds("id IN (SELECT id FROM message WHERE id"+in+" AND campaign_id = id"+
		" UNION ALL SELECT id FROM message WHERE campaign_id"+in+" AND campaign_id <> id)", append(args, args...)...)
}

func byRecipient(w *db.Where, to string) (possible bool) {
	if to == "" {
		return true
	}
	digits := phone.Digits(to)
	if digits != "" {
		w.Contains("recipient", digits)
	}
	return digits != ""
}

func byStatus(w *db.Where, word string) (possible bool) {
	if word == "" {
		return true
	}
	status, possible := ParseStatus(word)
	w.Holds("status = ?", int64(status))
	return possible
}

// timePair is a From/To pair and what it narrows.
type timePair struct {
	column   string
	in       column.Name // of a block
	from, to string
}

// own are the pairs about the message itself.
func (t *listTimes) own() []timePair {
	return []timePair{
		{"start_send_ms", column.Start, t.StartSendTsFrom, t.StartSendTsTo},
		{"status_update_ms", column.Update, t.StatusUpdateTsFrom, t.StatusUpdateTsTo},
	}
}

// campaigns are those about its campaign. The columns are called alike in message, for
// the campaign of a single message is made with it and begins with it, and in v_campaign.
func (t *listTimes) campaigns() []timePair {
	return []timePair{
		{"created_ms", column.Created, t.CampaignCreateTsFrom, t.CampaignCreateTsTo},
		{"created_ms", column.Created, t.CampaignCreateDateFrom, t.CampaignCreateDateTo},
		{"start_send_ms", column.Start, t.CampaignSentTsFrom, t.CampaignSentTsTo},
	}
}

func during(w *db.Where, c *api.Call, pairs []timePair) (possible bool) {
	for _, pair := range pairs {
		span, ok := ReadSpan(c, pair.from, pair.to)
		if !ok {
			return false
		}
		w.During(pair.column, span)
	}
	return true
}
