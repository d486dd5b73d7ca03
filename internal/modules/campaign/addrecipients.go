package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/run"
	"github.com/heliograph-sms/heliograph/internal/text"
)

type addParams struct {
	ID                int64                     `param:"id,required" doc:"Id of the campaign."`
	Recipients        api.Taken[[]newRecipient] `param:"recipients,max=500" doc:"Numbers, or objects of recipient and the values of placeholders. A text of several is cut at commas and line breaks."`
	RecipientContacts []string                  `param:"recipientContacts" doc:"Ids of contact cards, or id:field; at most 500."`
	RecipientGroups   []int64                   `param:"recipientGroups" doc:"Ids of contact groups; runs in the background."`
	RecipientsFile    *api.File                 `param:"recipientsFile" doc:"A CSV, XLS or XLSX file; runs in the background."`
	Params            addExtras                 `param:"params" doc:"How they are added."`
}

type addExtras struct {
	Replace                  bool   `param:"replace" doc:"1 = what was added before is removed first."`
	PlaceholdersFlag         int    `param:"placeholdersFlag,oneof=1|2|3,default=1" doc:"A template's placeholders without a value: 1 = stay as they are, 2 = are removed, 3 = the recipient is refused."`
	RecipientsFileEncoding   string `param:"recipientsFileEncoding,default=UTF-8" doc:"KOI8-R, CP866, WINDOWS-1252, WINDOWS-1251, UTF-8, ASCII, ISO-8859-1 or UCS-2."`
	RecipientsFileSkipHeader bool   `param:"recipientsFileSkipHeader" doc:"1 = the file's first row names its columns, of which recipient is the number; always so for templates. Of others the number is the first column where none is called that."`
	RecipientsFileDelimiter  string `param:"recipientsFileDelimiter" doc:"What separates columns; absent = a comma."`
	RecipientsFileEnclosure  string `param:"recipientsFileEnclosure" doc:"What a column may be quoted with; absent = an apostrophe."`
}

// addAtOnce is how many numbers or contacts one call may add.
const addAtOnce = 500

// How long a call waits for its copy, and how often it looks meanwhile.
const (
	copyTime  = 10 * time.Second
	copyLeast = 10 * time.Millisecond
	copyMost  = 200 * time.Millisecond
)

// addRecipients adds numbers and contacts at once, groups and files as a task. One call
// adds to a campaign at a time, and others are refused; but a copy of the one that adds
// waits for the end of that, whose answer is its own, and tries again.
func (m *Module) addRecipients(ctx context.Context, c *api.Call, p *addParams) (any, error) {
	given, err := p.recipients(m)
	if err != nil {
		return nil, err
	}
	answer, err := m.add(ctx, c, p, given)
	if c.Repeat == nil {
		return answer, err
	}
	waiting, cancel := context.WithTimeout(ctx, copyTime)
	defer cancel()
	for errors.Is(err, errState) {
		again, ended := m.awaitCopy(waiting, c, p.ID)
		if ended != nil {
			return nil, ended
		}
		if !again {
			break
		}
		answer, err = m.add(ctx, c, p, given)
	}
	return answer, err
}

// keyOf is the idempotency key of a call; nil: it has none.
func keyOf(c *api.Call) []byte {
	if c.Repeat == nil {
		return nil
	}
	return []byte(c.Repeat.Key)
}

// awaitCopy waits until the call's copy adds no more to the campaign; again tells whether it
// is such a one that did.
func (m *Module) awaitCopy(ctx context.Context, c *api.Call, campaignID int64) (again bool, err error) {
	for pause := copyLeast; ; pause = min(2*pause, copyMost) {
		b, err := m.bulk(ctx, c, campaignID)
		switch {
		case ctx.Err() != nil:
			return false, api.Unavailable(ctx.Err())
		case err != nil:
			return false, err
		case b.State != Draft, !bytes.Equal(b.AddingKey, keyOf(c)):
			return false, nil
		case b.Adding == 0:
			return true, nil
		}
		run.Pause(ctx, pause) // what ended it is seen above
	}
}

// add adds them, where nobody else adds to the campaign.
func (m *Module) add(ctx context.Context, c *api.Call, p *addParams, given []*recipient) (any, error) {
	b, err := m.bulk(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case b.State != Draft, b.Adding != 0:
		return nil, errState
	case b.Type == SingleMessage && !p.atMostOne(b, len(given)):
		return nil, api.Unchangeable("campaign.oneRecipient", nil)
	case p.RecipientsFile != nil:
		return m.startFile(ctx, c, b, p)
	case len(p.RecipientGroups) > 0:
		return m.startGroups(ctx, c, b, p)
	case p.RecipientContacts != nil:
		if given, err = m.contacts(ctx, c, p.RecipientContacts); err != nil {
			return nil, err
		}
	}
	if err := m.addNow(ctx, c, b, given, p); err != nil {
		return nil, fmt.Errorf("add recipients to campaign %d: %w", b.ID, err)
	}
	return answerFor(given), nil
}

// recipients makes sure that there is exactly one source and gives the numbers, where
// it is those.
func (p *addParams) recipients(m *Module) (given []*recipient, err error) {
	sources := []bool{!p.Recipients.IsEmpty(), p.RecipientContacts != nil, len(p.RecipientGroups) > 0, p.RecipientsFile != nil}
	count := 0
	for _, there := range sources {
		if there {
			count++
		}
	}
	if count != 1 {
		return nil, api.BadParameter("", "campaign.oneSource", nil)
	}
	if sources[0] {
		if given, err = numbers(p.Recipients.Tree); err != nil {
			return nil, err
		}
	}
	if n := max(len(given), len(p.RecipientContacts)); n > addAtOnce {
		return nil, api.BadParameter("", "campaign.tooManyRecipients", api.Args{"Count": n, "Max": addAtOnce})
	}
	return given, nil
}

// atMostOne tells whether the campaign has one recipient, or none, with those added.
func (p *addParams) atMostOne(b *Bulk, numbers int) bool {
	inBackground := p.RecipientsFile != nil || len(p.RecipientGroups) > 0
	return !inBackground && max(numbers, len(p.RecipientContacts)) <= 1 && (b.Messages == 0 || p.Params.Replace)
}

// groups are the contact groups that the campaign is added from, with more.
func (p *addParams) groups(b *Bulk, more []int64) groupIDs {
	if p.Params.Replace {
		return groupIDs(nil).with(more)
	}
	return b.Groups.with(more)
}

// addNow adds recipients while the caller waits. What a try of the same call has added,
// that ended between two chunks, counts as this one's.
func (m *Module) addNow(ctx context.Context, c *api.Call, b *Bulk, all []*recipient, p *addParams) error {
	a, err := m.newAdder(c.Account, b, text.Missing(p.Params.PlaceholdersFlag))
	if err != nil {
		return err
	}
	return m.held(ctx, b, keyOf(c), p.groups(b, nil), func(who int64) error {
		done, err := m.resumeAdding(ctx, c, b, all)
		if err != nil {
			return err
		}
		before := b.Messages - countAdded(all[:done])
		if p.Params.Replace {
			before = 0
		}
		if err := a.draftAll(ctx, all[done:]); err != nil {
			return err
		}
		if p.Params.Replace && done == 0 {
			if err := m.removeFirst(ctx, b, who); err != nil {
				return err
			}
		}
		for chunk := range a.parts(all[done:]) {
			done += len(chunk)
			err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
				return firstHolds(tx, b.ID, who, func(tx *db.Tx) error {
					if err := a.put(tx, chunk); err != nil {
						return err
					}
					return keepAdded(tx, c, before, all, done)
				})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// removeFirst removes who was added before.
func (m *Module) removeFirst(ctx context.Context, b *Bulk, who int64) error {
	return m.removeAll(ctx, b, func(work func(*db.Tx) error) error {
		return m.DB.Write(ctx, db.Background, func(tx *db.Tx) error { return firstHolds(tx, b.ID, who, work) })
	})
}

// partAdded is what is kept of a call that has added some of its recipients.
type partAdded struct {
	Before int         `json:"before"` // messages of the campaign without those
	Items  []addedItem `json:"items"`
}

// keepAdded keeps the answer about all recipients, or a part of one as long as only some
// are done. Where none of those was added there is nothing to go on from.
func keepAdded(tx *db.Tx, c *api.Call, before int, all []*recipient, done int) error {
	switch {
	case done == len(all):
		return once.Keep(tx, c, answerFor(all))
	case countAdded(all[:done]) > 0:
		return once.KeepPart(tx, c, partAdded{before, itemsOf(all[:done])})
	}
	return nil
}

// resumeAdding takes over what became of recipients in a try of the same call that never ended,
// and gives of how many; 0 where the campaign was changed since, and those may be gone.
// The campaign is held, so that no copy of the call begins any more.
func (m *Module) resumeAdding(ctx context.Context, c *api.Call, b *Bulk, all []*recipient) (done int, err error) {
	if err := once.Resume(ctx, m.DB, c); err != nil {
		return 0, err
	}
	if c.Repeat == nil || c.Repeat.Part == nil {
		return 0, nil
	}
	var part partAdded
	if err := json.Unmarshal(c.Repeat.Part, &part); err != nil {
		return 0, fmt.Errorf("read what was added before: %w", err)
	}
	if b.Messages != part.Before+countItems(part.Items) {
		return 0, nil
	}
	for i := range part.Items {
		if err := all[i].take(&part.Items[i]); err != nil {
			return 0, fmt.Errorf("read what was added before: %w", err)
		}
	}
	return len(part.Items), nil
}

func countItems(items []addedItem) (added int) {
	for i := range items {
		if items[i].Code == Added {
			added++
		}
	}
	return added
}

// firstHolds does work in a transaction of somebody who holds the campaign.
func firstHolds(tx *db.Tx, campaignID, who int64, work func(*db.Tx) error) error {
	if err := holds(tx, campaignID, who); err != nil {
		return err
	}
	return work(tx)
}

// addedItem is what became of a recipient, as it stands on the wire.
type addedItem struct {
	Recipient *string `json:"recipient" doc:"The number that a message goes to, digits only; null where there is none."`
	Code      Code    `json:"code" doc:"0 = added. Else why not: 1 = the number is missing, 2 = there is no number in the value, 3 = it is no international number, 4 = it is in the campaign already, 5 = it is in the stop list, 6 = its country is barred for the account, 7 = its country is not known, or its operator where only operators have prices, 8 = there is no price or no route, 20 = placeholders have no value, 30 = no such contact, 31 = the contact has no mobile number, 32 = the contact has no such field, 51 = a short link could not be made, 99 = a defect of the service."`
	MessageID *string `json:"messageId" doc:"Id of the message that was made; null = none was."`
	Type      string  `json:"type" doc:"number or contact: which of them it was added by."`
	Number    *string `json:"number,omitempty" doc:"The number as it was given; of a number only."`
	Contact   *string `json:"contact,omitempty" doc:"The contact as it was given; of a contact only."`
}

func answerFor(all []*recipient) any {
	return api.MassAnswer(countAdded(all), len(all), itemsOf(all))
}

func countAdded(all []*recipient) (n int) {
	for _, r := range all {
		if r.code == Added {
			n++
		}
	}
	return n
}

func itemsOf(all []*recipient) []addedItem {
	items := make([]addedItem, len(all))
	for i, r := range all {
		items[i] = r.item()
	}
	return items
}

// take is the reverse of item, as far as item asks.
func (r *recipient) take(item *addedItem) error {
	r.code = item.Code
	if item.Recipient != nil {
		r.number = *item.Recipient
	}
	if item.MessageID == nil {
		return nil
	}
	id, err := strconv.ParseInt(*item.MessageID, 10, 64)
	r.msg = &message.Message{ID: id}
	return err
}

func (r *recipient) item() addedItem {
	item := addedItem{Code: r.code, Type: "number", Number: &r.raw}
	if r.contact != "" {
		item.Type, item.Number, item.Contact = "contact", nil, &r.contact
	}
	if r.number != "" {
		item.Recipient = &r.number
	}
	if r.code == Added {
		id := strconv.FormatInt(r.msg.ID, 10)
		item.MessageID = &id
	}
	return item
}
