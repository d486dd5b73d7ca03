package campaign

import (
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// Campaign is the object of campaign/get (contract §4).
type Campaign struct {
	ID               int64                  `json:"id,string"`
	UserID           int64                  `json:"userId,string"`
	PartnerID        string                 `json:"partnerId"`
	Type             Type                   `json:"type,string"`
	MsgType          string                 `json:"msgType"`
	Name             *string                `json:"name"`
	From             string                 `json:"from"`
	Text             string                 `json:"text"`
	ModerationStatus string                 `json:"moderationStatus"`
	PartnerModStatus string                 `json:"partnerModStatus"`
	GlobalModStatus  string                 `json:"globalModStatus"`
	CommonStatus     message.CampaignStatus `json:"commonStatus"`
	SendStatus       *string                `json:"sendStatus"`
	IsDeleted        string                 `json:"isDeleted"`
	DeletedTs        *string                `json:"deletedTs"`
	RateLimit        *string                `json:"rateLimit"`
	RatePeriod       *string                `json:"ratePeriod"`
	DeferredToTs     *string                `json:"deferredToTs"`
	CreateTs         *string                `json:"createTs"`
	StartSendTs      *string                `json:"startSendTs"`
	EndSendTs        *string                `json:"endSendTs"`
	ExpirationTs     *string                `json:"expirationTs"`
	CreationWay      message.CreationWay    `json:"creationWay,string"`
	Sending
	Extra Extra `json:"extra"`

	Groups     *string `json:"groups" doc:"Ids."`
	GroupsList []Group `json:"groupsList"`

	GlobalComment        *string `json:"globalComment"`
	ModerationReason     *string `json:"moderationReason"`
	ModerationReasonData *string `json:"moderationReasonData"`
	UsedStopListWords    *string `json:"usedStopListWords"`
	HighlightedText      *string `json:"highlightedText"`
	IsTemplateComment    *string `json:"isTemplateComment"`
	Currency             *string `json:"currency"`
	IDs                  *string `json:"ids"`
	PartnerModeratorID   *string `json:"partnerModeratorId"`
	GlobalModeratorID    *string `json:"globalModeratorId"`
	RecipientsSource     *string `json:"recipientsSource"`
	OnPartnerModeration  int     `json:"onPartnerModeration"`
	OnGlobalModeration   int     `json:"onGlobalModeration"`
}

// Type is a campaign's kind.
type Type int

const (
	SingleMessage Type = 1 // what a message sent singly is by itself
	SameText      Type = 2
	Template      Type = 3
)

// Sending is how the messages are sent. It stands in a campaign twice.
type Sending struct {
	Validity                 int    `json:"validity,string" doc:"Minutes."`
	MClass                   int    `json:"mclass,string" doc:"0 flash, 1 ordinary."`
	TrackShortLinkRecipients string `json:"trackShortLinkRecipients"`
}

// Extra is what clients of the reference service look up beside the campaign.
type Extra struct {
	Sending
	Coding              string `json:"coding" doc:"As Kannel counts: 0 the GSM alphabet, 2 UCS-2."`
	Charset             string `json:"charset"`
	IsTestAlphanameUsed bool   `json:"isTestAlphanameUsed"`
}

// Group is a contact group that a campaign was sent to.
type Group struct {
	ID       int64  `json:"id,string"`
	Name     string `json:"name"`
	CardsCnt int64  `json:"cardsCnt,string"`
}

// Info is the object of campaign/getInfo.
type Info struct {
	Campaign
	Counters Counters `json:"counters"`
}

func newInfo(c *api.Call, r *message.Record) Info {
	return Info{Campaign: newCampaign(c, r), Counters: newCounters(c, r)}
}

// newCampaign derives the campaign of a single message. Its one message is the
// partner's to moderate; above the operator there is nobody.
func newCampaign(c *api.Call, r *message.Record) Campaign {
	moderation := moderationStatus(r.Moderation)
	sending := Sending{Validity: r.ValidityMin, MClass: r.MClass, TrackShortLinkRecipients: "0"}
	return Campaign{
		ID: r.CampaignID, UserID: r.AccountID, PartnerID: user.PartnerID,
		Type: SingleMessage, MsgType: "SMS", Name: api.OrNull(r.Name), From: r.Sender, Text: r.Text,
		ModerationStatus: moderation, PartnerModStatus: moderation, GlobalModStatus: moderationStatus(message.AutoReady),
		CommonStatus: r.CampaignStatus(), SendStatus: sendStatus(r), IsDeleted: "0",
		DeferredToTs: c.TimeOrNull(r.DeferredMs), CreateTs: c.TimeOrNull(r.CreatedMs),
		StartSendTs: c.TimeOrNull(r.StartSendMs), EndSendTs: c.TimeOrNull(r.EndSendMs()), ExpirationTs: c.TimeOrNull(r.ExpiresMs),
		CreationWay: r.CreationWay, Sending: sending,
		Extra:      Extra{Sending: sending, Coding: coding(r.Text), Charset: "UTF-8"},
		GroupsList: []Group{}, Currency: api.OrNull(c.Account.Currency),
		GlobalComment: api.OrNull(r.Comment), OnPartnerModeration: flag(r.Moderation == message.WaitingModerator && !r.Status.Final()),
	}
}

// newBulk is the object of a campaign of many messages.
func newBulk(c *api.Call, b *Bulk, groups map[int64]Group) Campaign {
	moderation := moderationStatus(b.Moderation)
	sending := Sending{Validity: b.ValidityMin, MClass: b.MClass, TrackShortLinkRecipients: strconv.Itoa(b.TrackLinks)}
	object := Campaign{
		ID: b.ID, UserID: b.AccountID, PartnerID: user.PartnerID,
		Type: b.Type, MsgType: "SMS", Name: api.OrNull(b.Name), From: b.From, Text: b.Text,
		ModerationStatus: moderation, PartnerModStatus: moderation, GlobalModStatus: moderationStatus(message.AutoReady),
		CommonStatus: b.status(), IsDeleted: strconv.Itoa(flag(b.DeletedMs != 0)), DeletedTs: c.TimeOrNull(b.DeletedMs),
		RateLimit: numberOrNull(b.RateLimit), RatePeriod: numberOrNull(b.RatePeriod),
		DeferredToTs: c.TimeOrNull(b.DeferredMs), CreateTs: c.TimeOrNull(b.CreatedMs),
		StartSendTs: c.TimeOrNull(b.StartSendMs), EndSendTs: c.TimeOrNull(b.EndSendMs), ExpirationTs: c.TimeOrNull(b.expirationMs()),
		CreationWay: b.CreationWay, Sending: sending,
		Extra:  Extra{Sending: sending, Coding: coding(b.Text), Charset: "UTF-8"},
		Groups: api.OrNull(b.Groups.list()), GroupsList: []Group{}, Currency: api.OrNull(c.Account.Currency),
		GlobalComment: api.OrNull(b.Comment), OnPartnerModeration: flag(b.State == Waiting),
	}
	if b.State == Sent || b.State == Done {
		object.SendStatus = api.OrNull(string(b.status()))
	}
	for _, id := range b.Groups {
		if g, known := groups[id]; known {
			object.GroupsList = append(object.GroupsList, g)
		}
	}
	return object
}

// expirationMs is when the validity ends of what is released first; 0 = it has not begun.
func (b *Bulk) expirationMs() int64 {
	if b.ValidMs == 0 {
		return 0
	}
	return b.ValidMs + b.validity().Milliseconds()
}

func numberOrNull(n int) *string {
	if n == 0 {
		return nil
	}
	s := strconv.Itoa(n)
	return &s
}

func moderationStatus(m message.Moderation) string {
	switch m {
	case message.WaitingModerator:
		return "MODERATION"
	case message.Declined:
		return "DECLINED"
	case message.Ready:
		return "READY_FOR_SEND"
	default:
		return "AUTO_READY_FOR_SEND"
	}
}

// sendStatus is nil until all is handed over.
func sendStatus(r *message.Record) *string {
	switch status := r.CampaignStatus(); status {
	case message.CampaignSent, message.CampaignDone:
		return api.OrNull(string(status))
	default:
		return nil
	}
}

func coding(s string) string {
	if measured, err := text.Measure(s); err == nil && measured.Encoding == text.UCS2 {
		return "2"
	}
	return "0"
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
