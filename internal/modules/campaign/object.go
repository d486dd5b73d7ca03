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
	ID               int64                  `json:"id,string" doc:"Id of the campaign."`
	UserID           int64                  `json:"userId,string" doc:"Id of the account."`
	PartnerID        string                 `json:"partnerId" doc:"The reseller of the account, of which there is one: always \"1\"."`
	Type             Type                   `json:"type,string" doc:"1 = one recipient, as a message sent singly has it; 2 = the same text for all; 3 = a template that is filled for each; 7 = made by the service itself."`
	MsgType          string                 `json:"msgType" doc:"Always SMS."`
	Name             *string                `json:"name" doc:"Its name, for people."`
	From             string                 `json:"from" doc:"The sender ID."`
	Text             string                 `json:"text" doc:"The text; of a template with its placeholders, or filled where that is asked for."`
	ModerationStatus string                 `json:"moderationStatus" doc:"MODERATION = a moderator is to decide, DECLINED = refused, READY_FOR_SEND = approved, AUTO_READY_FOR_SEND = needs no moderator."`
	PartnerModStatus string                 `json:"partnerModStatus" doc:"The same as moderationStatus."`
	GlobalModStatus  string                 `json:"globalModStatus" doc:"Always AUTO_READY_FOR_SEND: there is one level of moderation."`
	CommonStatus     message.CampaignStatus `json:"commonStatus" doc:"Moderation and sending in one word: NEW, MODERATION, DECLINED, READY_FOR_SEND, AUTO_READY_FOR_SEND, RUNNING = it is being sent, SENT = all of it is handed over, DONE = all its messages are final."`
	SendStatus       *string                `json:"sendStatus" doc:"SENT = all of it is handed over, DONE = all its messages are final; null = neither yet."`
	IsDeleted        string                 `json:"isDeleted" doc:"\"1\" = it was deleted, \"0\" = it was not."`
	DeletedTs        *string                `json:"deletedTs" doc:"When it was deleted; null = it was not."`
	RateLimit        *string                `json:"rateLimit" doc:"At most so many messages in each ratePeriod; null = as fast as the carriers take them."`
	RatePeriod       *string                `json:"ratePeriod" doc:"Seconds that rateLimit is counted in; null = there is no limit."`
	DeferredToTs     *string                `json:"deferredToTs" doc:"When it is to be sent; null = at once."`
	CreateTs         *string                `json:"createTs" doc:"When it was made."`
	StartSendTs      *string                `json:"startSendTs" doc:"When sending began; null = it has not."`
	EndSendTs        *string                `json:"endSendTs" doc:"When the last of it was handed over; null = not yet."`
	ExpirationTs     *string                `json:"expirationTs" doc:"When the validity of its first messages ends; null = nothing is released yet."`
	CreationWay      message.CreationWay    `json:"creationWay,string" doc:"What made it: 1 = the console, 2 = the API, 5 = the service itself."`
	Sending
	Extra Extra `json:"extra" doc:"How its messages are sent, once more."`

	Groups     *string `json:"groups" doc:"Ids of the contact groups it was added from, separated by commas; null = none."`
	GroupsList []Group `json:"groupsList" doc:"The contact groups it was added from that still exist."`

	GlobalComment        *string `json:"globalComment" doc:"The moderator's comment; null = there is none."`
	ModerationReason     *string `json:"moderationReason" doc:"Always null."`
	ModerationReasonData *string `json:"moderationReasonData" doc:"Always null."`
	UsedStopListWords    *string `json:"usedStopListWords" doc:"Always null."`
	HighlightedText      *string `json:"highlightedText" doc:"Always null."`
	IsTemplateComment    *string `json:"isTemplateComment" doc:"Always null."`
	Currency             *string `json:"currency" doc:"ISO 4217 code of the account's currency."`
	IDs                  *string `json:"ids" doc:"Always null."`
	PartnerModeratorID   *string `json:"partnerModeratorId" doc:"Always null."`
	GlobalModeratorID    *string `json:"globalModeratorId" doc:"Always null."`
	RecipientsSource     *string `json:"recipientsSource" doc:"Always null."`
	OnPartnerModeration  int     `json:"onPartnerModeration" doc:"1 = it waits for a moderator, 0 = it does not."`
	OnGlobalModeration   int     `json:"onGlobalModeration" doc:"Always 0."`
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
	Validity                 int    `json:"validity,string" doc:"Minutes for which delivery of a message is tried, from its release."`
	MClass                   int    `json:"mclass,string" doc:"0 = flash message, 1 = ordinary message."`
	TrackShortLinkRecipients string `json:"trackShortLinkRecipients" doc:"1 = each recipient has short links of its own."`
}

// Extra is what clients of the reference service look up beside the campaign.
type Extra struct {
	Sending
	Coding              string `json:"coding" doc:"How the text goes over the air: 0 = in the GSM alphabet, 2 = in UCS-2."`
	Charset             string `json:"charset" doc:"Always UTF-8: the charset that texts are in."`
	IsTestAlphanameUsed bool   `json:"isTestAlphanameUsed" doc:"Always false."`
}

// Group is a contact group that a campaign was sent to.
type Group struct {
	ID       int64  `json:"id,string" doc:"Id of the group."`
	Name     string `json:"name" doc:"Its name."`
	CardsCnt int64  `json:"cardsCnt,string" doc:"Contacts in the group."`
}

// Info is the object of campaign/getInfo.
type Info struct {
	Campaign
	Counters Counters `json:"counters" doc:"How many messages have which status."`
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
