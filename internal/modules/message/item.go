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
	ID             int64        `json:"id,string" doc:"Id of the message."`
	CampaignID     int64        `json:"campaignId,string" doc:"Id of the campaign it belongs to; of a message sent singly its own id."`
	SegNum         int          `json:"segNum,string" doc:"Segments that its text takes."`
	SegUserBuy     money.Amount `json:"segUserBuy" doc:"Price of one segment."`
	From           string       `json:"from" doc:"The sender ID."`
	To             string       `json:"to" doc:"The recipient's number, digits only."`
	Text           string       `json:"text" doc:"The text that is sent."`
	Status         string       `json:"status" doc:"NEW = not released yet, ENQUEUD = waits to be sent, ACCEPTD = the carrier has it, PDLIVRD = part of its segments arrived. Final: DELIVRD = delivered, UNDELIV = not delivered, REJECTD = refused by the carrier or the service, EXPIRED = its validity ran out, DELETED = withdrawn by the carrier or the account."`
	UUID           string       `json:"uuid" doc:"Another name of the message, always the same."`
	Groups         *string      `json:"groups" doc:"Ids of the contact groups that the number came from, separated by commas; null = none."`
	StartSendTs    *string      `json:"startSendTs" doc:"When sending began; null = it has not."`
	StatusUpdateTs *string      `json:"statusUpdateTs" doc:"When the status changed last; null = it has not."`
	CountryA2      *string      `json:"countryA2" doc:"ISO 3166 code of the recipient's country, two letters; null where withNumberInfo was not asked for."`
	OperatorName   *string      `json:"operatorName" doc:"The recipient's operator; null = not known, or not asked for."`
	ContactCardID  *string      `json:"contactCardId" doc:"Id of the contact that the number came from; null = it came from none."`
	UserID         int64        `json:"userId,string" doc:"Id of the account."`
	PartnerID      string       `json:"partnerId" doc:"The reseller of the account, of which there is one: always \"1\"."`
	unset
	Campaign any `json:"campaign" schema:"CampaignInfo" doc:"The campaign it belongs to, as campaign/getInfo has it."`
}

// unset are fields that clients of the reference service know and that have no
// meaning here.
type unset struct {
	ContentProviderName *string `json:"contentProviderName" doc:"Always null."`
	ContentProviderID   *string `json:"contentProviderId" doc:"Always null."`
	UsedStopListWords   *string `json:"usedStopListWords" doc:"Always null."`
	SegPartnerSell      *string `json:"segPartnerSell" doc:"Always null."`
	SegPartnerBuy       *string `json:"segPartnerBuy" doc:"Always null."`
	SegSystemSell       *string `json:"segSystemSell" doc:"Always null."`
	SegSystemBuy        *string `json:"segSystemBuy" doc:"Always null."`
	SystemCurrency      *string `json:"systemCurrency" doc:"Always null."`
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
