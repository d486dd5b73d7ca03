package campaign

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// addChunk is how many recipients one transaction adds.
const addChunk = 250

// Code is what became of a recipient (contract §4, item codes). Those below 20 that
// are not here are message.Refusal's.
type Code int

const (
	Added               Code = 0
	AlreadyAdded        Code = 4
	PlaceholdersMissing Code = 20
	CardNotFound        Code = 30
	CardWithoutNumber   Code = 31
	NoSuchCardField     Code = 32
	Failed              Code = 99
)

// recipient is somebody a campaign is to be sent to, on the way into it.
type recipient struct {
	raw     string            // the number as it was given
	contact string            // the card as it was given; "" = a number was
	values  map[string]string // for a template's placeholders
	cardID  int64             // 0 = no contact
	groupID int64             // 0 = in no group
	number  string            // digits, once that is known
	code    Code              // what became of it
	msg     *message.Message  // its message, perhaps one that is in the campaign already

	shortened *message.Shortened // its text, until its links are made; nil = it has none of its own
}

// adder makes messages of recipients, for one campaign.
type adder struct {
	m        *Module
	account  *api.Account
	campaign *Bulk
	template text.Template
	missing  text.Missing
	segNum   int        // of the campaign's own text
	links    *shortener // nil = no text has links of its own
}

func (m *Module) newAdder(account *api.Account, b *Bulk, missing text.Missing) (*adder, error) {
	a := &adder{m: m, account: account, campaign: b, missing: missing, links: m.newShortener(b)}
	if b.Type == Template {
		a.template = text.ParseTemplate(b.Text)
		return a, nil
	}
	measured, err := text.Measure(b.Text)
	a.segNum = measured.Segments
	return a, err
}

// draft makes a recipient's message, or notes why there can be none.
func (a *adder) draft(ctx context.Context, r *recipient) (err error) {
	if r.code != Added {
		return nil // there is no number
	}
	to, refused := a.m.Messages.Destination(a.account, r.raw)
	r.number = to.Number
	if refused != message.NotRefused {
		r.code = Code(refused)
		return nil
	}
	own, whole := a.text(r)
	if !whole {
		r.code = PlaceholdersMissing
		return nil
	}
	if r.msg, refused = a.m.Messages.Draft(a.account, to, a.campaign.From, own, a.segNum); refused != message.NotRefused {
		r.code = Code(refused)
		return nil
	}
	if r.msg.Cost() > messageMost {
		r.code, r.msg = Failed, nil
		return nil
	}
	if r.shortened != nil {
		if _, ok := r.shortened.Check(); !ok {
			r.code, r.msg = LinkRefused, nil
			return nil
		}
	}
	r.msg.ID, err = a.m.DB.NextID(ctx, message.IDs)
	r.msg.CampaignID, r.msg.CardID, r.msg.GroupID = a.campaign.ID, r.cardID, r.groupID
	r.msg.MClass, r.msg.ValidityMin, r.msg.CreationWay = a.campaign.MClass, a.campaign.ValidityMin, a.campaign.CreationWay
	return err
}

// text is a recipient's text as long as it will be; "" = the campaign's. whole is false
// where there is none: placeholders are missing.
func (a *adder) text(r *recipient) (own string, whole bool) {
	if a.campaign.Type == Template {
		if own, whole = a.template.Fill(r.value, a.missing); !whole || own == "" {
			return "", false
		}
	}
	if r.shortened = a.links.read(own); r.shortened != nil && own != "" {
		own = r.shortened.Sample()
	}
	return own, true
}

func (r *recipient) value(name string) (string, bool) {
	v, ok := r.values[name]
	return v, ok
}

func (a *adder) draftAll(ctx context.Context, all []*recipient) error {
	for _, r := range all {
		if err := a.draft(ctx, r); err != nil {
			return err
		}
	}
	return a.links.prepare(ctx, all)
}

// What one transaction writes: a recipient is in the campaign, has a message, is perhaps
// late for a list, and goes where nobody did before.
const (
	rowsMost  = 1000
	rowsOfOne = 4
)

// atOnce is how many recipients one transaction is likely to add.
func (a *adder) atOnce() int {
	if a.links == nil {
		return addChunk
	}
	return max(1, rowsMost/(rowsOfOne+a.links.each*a.campaign.TrackLinks))
}

// parts splits drafted recipients into those that one transaction adds.
func (a *adder) parts(all []*recipient) iter.Seq[[]*recipient] {
	return func(yield func([]*recipient) bool) {
		from, rows := 0, 0
		for i, r := range all {
			n := rowsOfOne + a.links.rows(r)
			if rows += n; rows > rowsMost && i > from {
				if !yield(all[from:i]) {
					return
				}
				from, rows = i, n
			}
		}
		if from < len(all) {
			yield(all[from:])
		}
	}
}

var insertRecipient = db.Rows(`INSERT INTO campaign_recipient (campaign_id, number) SELECT :campaign_id, :number {rows} WHERE true
	ON CONFLICT DO NOTHING RETURNING :place BY number`, "campaign_id bigint", "number bigint")

// put adds drafted recipients to the campaign, in a transaction that holds it. A
// number is added once: by its first appearance.
func (a *adder) put(tx *db.Tx, all []*recipient) error {
	fresh, err := a.enter(tx, all)
	if err != nil {
		return err
	}
	if err := a.links.shorten(tx, fresh); err != nil {
		return err
	}
	added := make([]*message.Message, len(fresh))
	for i, r := range fresh {
		added[i] = r.msg
	}
	if err := a.m.Messages.Add(tx, added); err != nil {
		return err
	}
	err = tallyAdded(tx, a.campaign.ID, added, len(all)-len(added))
	failpoint.Hit(failpoint.RecipientsAdded)
	return err
}

// enter writes the numbers of drafted recipients and gives those that the campaign did
// not have. Of the others it notes that they are in it already.
func (a *adder) enter(tx *db.Tx, all []*recipient) (fresh []*recipient, err error) {
	drafted := make([]*recipient, 0, len(all))
	seen := make(map[int64]bool, len(all))
	for _, r := range all {
		if r.msg == nil {
			continue
		}
		r.code, r.msg.CreatedMs = AlreadyAdded, tx.Now()
		if number := numberOf(r.number); !seen[number] {
			seen[number], drafted = true, append(drafted, r)
		}
	}
	err = tx.EachTouched(insertRecipient, len(drafted), func(i int, args []any) {
		args[0], args[1] = a.campaign.ID, numberOf(drafted[i].number)
	}, func(i int) { drafted[i].code = Added })
	return slices.DeleteFunc(drafted, func(r *recipient) bool { return r.code != Added }), err
}

// numberOf is a number as it is stored to be compared: at most 15 digits.
func numberOf(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64) // they are digits: Destination cleaned them
	return n
}
