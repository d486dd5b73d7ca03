package message

import (
	"crypto/sha1"
	"fmt"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Item is a message in a list (contract §3).
type Item struct {
	ID             int64        `json:"id,string"`
	CampaignID     int64        `json:"campaignId,string"`
	SegNum         int          `json:"segNum,string"`
	SegUserBuy     money.Amount `json:"segUserBuy" doc:"Price of one segment."`
	From           string       `json:"from"`
	To             string       `json:"to"`
	Text           string       `json:"text"`
	Status         string       `json:"status"`
	UUID           string       `json:"uuid"`
	Groups         *string      `json:"groups" doc:"Ids of the groups it was sent to, separated by commas."`
	StartSendTs    *string      `json:"startSendTs"`
	StatusUpdateTs *string      `json:"statusUpdateTs"`
	CountryA2      *string      `json:"countryA2"`
	OperatorName   *string      `json:"operatorName"`
	ContactCardID  *string      `json:"contactCardId"`
	UserID         int64        `json:"userId,string"`
	PartnerID      string       `json:"partnerId"`
	unset
	Campaign any `json:"campaign" schema:"CampaignInfo" doc:"The object of campaign/getInfo."`
}

// unset are fields that clients of the reference service know and that have no
// meaning here.
type unset struct {
	ContentProviderName *string `json:"contentProviderName"`
	ContentProviderID   *string `json:"contentProviderId"`
	UsedStopListWords   *string `json:"usedStopListWords"`
	SegPartnerSell      *string `json:"segPartnerSell"`
	SegPartnerBuy       *string `json:"segPartnerBuy"`
	SegSystemSell       *string `json:"segSystemSell"`
	SegSystemBuy        *string `json:"segSystemBuy"`
	SystemCurrency      *string `json:"systemCurrency"`
}

func (m *Module) items(q *db.Reader, c *api.Call, p *listParams, page []*Record) ([]Item, error) {
	campaigns, err := m.Campaigns.Infos(q, c, page)
	if err != nil {
		return nil, fmt.Errorf("campaigns of the page: %w", err)
	}
	items := make([]Item, len(page))
	for i, r := range page {
		items[i] = newItem(c, r)
		items[i].Campaign = campaigns[i]
		if p.WithNumberInfo {
			items[i].CountryA2, items[i].OperatorName = api.OrNull(r.Country), api.OrNull(r.Operator)
		}
	}
	return items, nil
}

func newItem(c *api.Call, r *Record) Item {
	return Item{
		ID: r.ID, CampaignID: r.CampaignID, UserID: r.AccountID, PartnerID: user.PartnerID, UUID: uuid(r.ID),
		From: r.Sender, To: r.Recipient, Text: r.Text, SegNum: r.SegNum, SegUserBuy: r.SegPrice,
		Status: r.Status.String(), StartSendTs: c.TimeOrNull(r.StartSendMs), StatusUpdateTs: c.TimeOrNull(r.StatusUpdateMs),
		Groups: idOrNull(r.GroupID), ContactCardID: idOrNull(r.CardID),
	}
}

func idOrNull(id int64) *string {
	if id == 0 {
		return nil
	}
	s := strconv.FormatInt(id, 10)
	return &s
}

// uuidNamespace was drawn once at random; with another one every message would
// get another name.
const uuidNamespace = "\x5e\x1d\x0c\x8a\x93\x42\x4f\x37\xb6\xd9\x2a\x7c\x11\xe4\x80\x5f"

// uuid names a message the way of RFC 4122 §4.3 (version 5, by SHA-1), so that it
// need not be stored.
func uuid(id int64) string {
	u := sha1.Sum(strconv.AppendInt([]byte(uuidNamespace), id, 10))
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
