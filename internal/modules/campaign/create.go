package campaign

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type createParams struct {
	api.Validation
	Data createData `param:"data,required,entity" doc:"The campaign."`
}

type createData struct {
	Name                     string `param:"name,max=255" doc:"A name, for people."`
	Text                     string `param:"text,required" doc:"The text; of type 3 a template with placeholders such as {name}."`
	Type                     int    `param:"type,oneof=1|2|3,default=2" doc:"1 = one recipient, 2 = the same text for all, 3 = a template that is filled for each."`
	From                     string `param:"from" doc:"A sender ID of the account; absent = the account's default."`
	RateLimit                int    `param:"rateLimit,min=1" doc:"At most so many messages in each ratePeriod, in even steps; absent = as fast as the carriers take them."`
	RatePeriod               int    `param:"ratePeriod,oneof=60|3600|86400" doc:"Seconds that rateLimit is counted in: 60, 3600 or 86400."`
	DeferredToTs             string `param:"deferredToTs" doc:"When to send: a time in the account's zone, from 1 hour to 14 days ahead."`
	Validity                 int    `param:"validity,min=60,max=1440" doc:"Minutes for which delivery of a message is tried, from its release; absent = 1440."`
	TTL                      int    `param:"ttl,min=60,max=1440" doc:"Older name of validity."`
	MClass                   int    `param:"mclass,min=0,max=1,default=1" doc:"0 = flash message, 1 = ordinary message."`
	ShortenLinks             bool   `param:"shortenLinks" doc:"1 = links in the text are shortened."`
	TrackShortLinkRecipients bool   `param:"trackShortLinkRecipients" doc:"1 = each recipient has short links of its own."`
	MsgType                  string `param:"msgType,oneof=SMS,default=SMS" doc:"The kind of messages."`
}

const (
	periodUnset   = 60
	validityUnset = 24 * 60
	ratePerSecond = 100 // at most
)

// create answers the new campaign's id as a string.
func (m *Module) create(ctx context.Context, c *api.Call, p *createParams) (any, error) {
	b, text, err := m.compose(c, p)
	if err != nil {
		return nil, err
	}
	if b.ID, err = m.DB.NextID(ctx, message.IDs); err != nil {
		return nil, err
	}
	var links []*link.Link
	if text != nil {
		if links, err = text.Links(ctx, b.AccountID, b.ID); err != nil {
			return nil, err
		}
	}
	answer := strconv.FormatInt(b.ID, 10)
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := m.shorten(tx, b, text, links); err != nil {
			return err
		}
		return errors.Join(insert(tx, b), once.Keep(tx, c, answer))
	})
	if err != nil {
		return nil, fmt.Errorf("create a campaign: %w", err)
	}
	return answer, nil
}

// compose judges the whole campaign: all that is wrong with it is told at once. The text is
// the campaign's as its links are to be shortened.
func (m *Module) compose(c *api.Call, p *createParams) (*Bulk, *message.Shortened, error) {
	d := &p.Data
	b := &Bulk{
		AccountID: c.Account.ID, Type: Type(d.Type), Name: d.Name, Text: d.Text, CreatedMs: c.Now.UnixMilli(),
		CreationWay: message.ByAPI, MClass: d.MClass, ShortenLinks: flag(d.ShortenLinks), TrackLinks: flag(d.TrackShortLinkRecipients),
		ValidityMin: validityUnset,
	}
	switch {
	case d.Validity != 0:
		b.ValidityMin = d.Validity
	case d.TTL != 0:
		b.ValidityMin = d.TTL
	}
	shortened := m.checkText(p)
	d.pace(&p.Validation, b)
	var usable bool
	if b.From, usable = m.Messages.Sender(c.Account.ID, d.From); !usable {
		p.Add("from", "message.noSender", nil)
	}
	b.DeferredMs = message.Deferral(c, &p.Validation, d.DeferredToTs)
	return b, shortened, p.Err()
}

// checkText gives the text as its links are to be shortened now; nil = they are not. A
// template's own length says nothing of the texts it is filled to, and its links are
// made then.
func (m *Module) checkText(p *createParams) *message.Shortened {
	switch d := &p.Data; {
	case d.Text == "":
		return nil // told already
	case Type(d.Type) == Template:
		m.Messages.CheckTemplate(&p.Validation, d.Text, d.ShortenLinks)
		return nil
	default:
		shortened, _ := m.Messages.CheckText(&p.Validation, d.Text, d.ShortenLinks)
		return shortened
	}
}

// pace reads the rate: a period without a limit limits nothing.
func (d *createData) pace(v *api.Validation, b *Bulk) {
	if d.RateLimit == 0 {
		return
	}
	b.RateLimit, b.RatePeriod = d.RateLimit, d.RatePeriod
	if b.RatePeriod == 0 {
		b.RatePeriod = periodUnset
	}
	if b.RateLimit > ratePerSecond*b.RatePeriod {
		v.Add("rateLimit", "campaign.rate", api.Args{"Count": ratePerSecond})
	}
}

func insert(tx *db.Tx, b *Bulk) error {
	_, err := tx.Exec(`INSERT INTO campaign (id, account_id, type, name, name_folded, sender, text, rate_limit, rate_period,
			deferred_ms, validity_min, mclass, shorten_links, track_links, creation_way, created_ms, state, given_text, own_part)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		b.ID, b.AccountID, int64(b.Type), api.OrNull(b.Name), message.FoldName(b.Name), b.From, b.Text, db.OrNull(b.RateLimit), db.OrNull(b.RatePeriod),
		db.OrNull(b.DeferredMs), b.ValidityMin, b.MClass, b.ShortenLinks, b.TrackLinks, int64(b.CreationWay), b.CreatedMs, int64(b.State),
		db.OrNull(b.GivenText), db.OrNull(b.OwnPart))
	return err
}

// validity is how long a message is valid.
func (b *Bulk) validity() time.Duration { return time.Duration(b.ValidityMin) * time.Minute }
