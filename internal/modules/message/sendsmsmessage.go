package message

import (
	"context"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

const (
	deferAtLeast = time.Hour
	deferAtMost  = 14 * 24 * time.Hour
)

type sendParams struct {
	api.Validation
	Recipient string     `param:"recipient,required,entity" doc:"The recipient's number in international format."`
	Text      string     `param:"text,required,entity" doc:"The text to send."`
	From      string     `param:"from,entity" doc:"A sender ID of the account; absent = the account's default."`
	Params    sendExtras `param:"params,entity" doc:"How the message is to be sent."`
}

type sendExtras struct {
	Name         string `param:"name,max=255" doc:"A name for the message's campaign."`
	DeferredToTs string `param:"deferredToTs" doc:"When to send: a time in the account's zone, from 1 hour to 14 days ahead."`
	ShortenLinks bool   `param:"shortenLinks" doc:"1 = links in the text are shortened."`
	Validity     int    `param:"validity,min=60,max=1440,default=1440" doc:"Minutes for which delivery is tried."`
	MClass       int    `param:"mclass,min=0,max=1,default=1" doc:"0 = flash message, 1 = ordinary message."`
}

// Sent is what is answered when a message was accepted.
type Sent struct {
	CampaignID string `json:"campaignId" doc:"Id of the campaign that was made with the message."`
	MessageID  string `json:"messageId" doc:"Id of the message."`
	Status     int    `json:"status" doc:"1 = it waits for a moderator, 2 = it is sent without one."`
}

const (
	sentForModeration = 1
	sentAtOnce        = 2
)

// sendSmsMessage accepts one message. Where the account guards against duplicates, a call
// without a key has that of its recipient, text and sender.
func (m *Module) sendSmsMessage(ctx context.Context, c *api.Call, p *sendParams) (any, error) {
	if c.Repeat != nil || c.Account.DuplicateGuard == 0 || m.Repeats == nil {
		return m.send(ctx, c, p)
	}
	same := api.HashOf("message", phone.Digits(p.Recipient), p.Text, p.From)
	guarded := *c
	guarded.Repeat = &api.Repeat{Account: c.Account.ID, Key: "same " + string(same[:]), Call: same, UntilMs: c.Now.Add(c.Account.DuplicateGuard).UnixMilli()}
	result, _, err := api.AtomicOnce(ctx, m.Repeats, guarded.Repeat, func() (any, error) { return m.send(ctx, &guarded, p) })
	return result, err
}

// send decides everything from memory; then the message is written together with
// whatever else is being accepted, then answered.
func (m *Module) send(ctx context.Context, c *api.Call, p *sendParams) (any, error) {
	msg, err := m.compose(c, p)
	if err != nil {
		return nil, err
	}
	if err := m.judge(ctx, c, msg); err != nil {
		return nil, err
	}
	if msg.ID, err = m.DB.NextID(ctx, IDs); err != nil {
		return nil, err
	}
	msg.CampaignID = msg.ID
	if s := msg.shortened; s != nil {
		if s.made, err = s.Links(ctx, msg.AccountID, msg.ID); err != nil {
			return nil, err
		}
	}
	id, status := strconv.FormatInt(msg.ID, 10), sentAtOnce
	if msg.Moderation == WaitingModerator {
		status = sentForModeration
	}
	answer := Sent{CampaignID: id, MessageID: id, Status: status}
	var claim *once.Claim
	if c.Repeat != nil {
		if claim, err = once.NewClaim(c, answer, msg.ID); err != nil {
			return nil, err
		}
	}
	return answer, m.acceptOnce(ctx, msg, claim)
}

// Single is a message to be sent by itself, for others than API clients.
type Single struct {
	Recipient, Text, From string
	MClass, Validity      int
}

// The values of parameters that are absent.
const (
	validityUnset = 1440
	ordinary      = 1
)

// Send does what sendSmsMessage does.
func (m *Module) Send(ctx context.Context, c *api.Call, s Single) (any, error) {
	return m.sendSmsMessage(ctx, c, &sendParams{
		Recipient: s.Recipient, Text: s.Text, From: s.From, Params: sendExtras{Validity: s.Validity, MClass: s.MClass},
	})
}

// compose decides everything that can be decided before writing. All that is
// wrong with the fields is told at once.
func (m *Module) compose(c *api.Call, p *sendParams) (*Message, error) {
	now := c.Now.UnixMilli()
	msg := &Message{
		AccountID: c.Account.ID, CreatedMs: now, Text: p.Text, CreationWay: ByAPI,
		Status: Enqueued, MClass: p.Params.MClass, ValidityMin: p.Params.Validity, Name: p.Params.Name,
	}
	m.address(c, p, msg)
	m.measure(p, msg)
	var usable bool
	if msg.Sender, usable = m.Alphanames.Resolve(c.Account.ID, p.From, msg.Country); !usable {
		p.Add("from", "message.noSender", nil)
	}
	msg.DeferredMs = Deferral(c, &p.Validation, p.Params.DeferredToTs)
	if err := p.Err(); err != nil {
		return nil, err
	}
	if msg.DeferredMs != 0 {
		msg.Status = Created
	}
	msg.ExpiresMs = max(now, msg.DeferredMs) + int64(msg.ValidityMin)*time.Minute.Milliseconds()
	if !m.Queue.Routes(msg) {
		return nil, api.Failed("message.noRoute", api.Args{"Country": msg.Country})
	}
	if _, fits := msg.SegPrice.Mul(msg.SegNum); !fits {
		return nil, api.Failed("message.costTooHigh", nil)
	}
	return msg, nil
}

// address finds the recipient's country, operator and price.
func (m *Module) address(c *api.Call, p *sendParams, msg *Message) {
	if p.Recipient == "" {
		return // told already
	}
	to, refused := m.Destination(c.Account, p.Recipient)
	if refused != NotRefused {
		p.Add("recipient", refused.key(to), api.Args{"Country": to.Country})
	}
	msg.Recipient, msg.Country, msg.Operator, msg.SegPrice = to.Number, to.Country, to.Operator, to.Price
}

func (m *Module) measure(p *sendParams, msg *Message) {
	if msg.Text == "" {
		return // told already
	}
	msg.shortened, msg.SegNum = m.CheckText(&p.Validation, msg.Text, p.Params.ShortenLinks)
}

// Deferral reads when a message, or a campaign, is to be sent, Unix ms; "" is 0: at
// once. What is wrong with it is told of the field deferredToTs.
func Deferral(c *api.Call, v *api.Validation, to string) int64 {
	if to == "" {
		return 0
	}
	at, err := c.ParseTime(to)
	if err != nil {
		v.Add("deferredToTs", "value.notTime", nil)
		return 0
	}
	if ahead := time.UnixMilli(at).Sub(c.Now); ahead < deferAtLeast || ahead > deferAtMost {
		v.Add("deferredToTs", "message.deferral", nil)
	}
	return at
}
