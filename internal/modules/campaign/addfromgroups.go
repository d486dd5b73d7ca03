package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// Groups is package contactgroup, as far as campaigns need it.
type Groups interface {
	// Groups gives those of the account's groups that there are.
	Groups(q *db.Reader, accountID int64, ids []int64) ([]contactgroup.Group, error)
}

// groupsArgs say which groups' contacts are to be added.
type groupsArgs struct {
	CampaignID int64
	Replace    bool
	Missing    text.Missing
	Groups     []int64
	Cards      int64 // that they had, for the progress
}

// startGroups has a task add the contacts of groups. An unknown group is code 12, and
// nothing is added.
func (m *Module) startGroups(ctx context.Context, c *api.Call, b *Bulk, p *addParams) (any, error) {
	args := &groupsArgs{CampaignID: b.ID, Replace: p.Params.Replace, Missing: text.Missing(p.Params.PlaceholdersFlag)}
	args.Groups = groupIDs(nil).with(p.RecipientGroups)
	var groups []contactgroup.Group
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		groups, err = m.Groups.Groups(q, c.Account.ID, args.Groups)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("contact groups: %w", err)
	}
	if len(groups) < len(args.Groups) {
		return nil, api.BadParameter("recipientGroups", "campaign.noGroup", nil)
	}
	for _, g := range groups {
		args.Cards += g.Cards
	}
	return m.start(ctx, c, b, taskGroups, args, p.groups(b, args.Groups), func(int64) error { return nil })
}

// groupsStep is how far the task is.
type groupsStep struct {
	Cleared bool
	Group   int   // of args.Groups
	Card    int64 // of the group, up to which cards are added
	Added   int64 // cards, of all groups
}

// addFromGroups is the worker.
func (m *Module) addFromGroups(ctx context.Context, task *tasks.Task) error {
	var args groupsArgs
	if err := task.Args(&args); err != nil {
		return err
	}
	w, err := m.newWork(ctx, task, args.CampaignID, args.Missing)
	if err != nil {
		return err
	}
	var step groupsStep
	if _, err := task.Step(&step); err != nil {
		return err
	}
	if args.Replace && !step.Cleared {
		if err := w.clear(ctx, &step); err != nil {
			return err
		}
	}
	for step.Group < len(args.Groups) {
		if err := w.addCards(ctx, &args, &step); err != nil {
			return err
		}
	}
	return w.finish(ctx)
}

// addCards adds the next chunk of a group, or goes on to the next group.
func (w *work) addCards(ctx context.Context, args *groupsArgs, step *groupsStep) error {
	group := args.Groups[step.Group]
	var cards []contactcard.Recipient
	err := w.m.DB.Read(ctx, func(q *db.Reader) (err error) {
		cards, err = w.m.Contacts.InGroup(q, w.account.ID, group, step.Card, w.atOnce())
		return err
	})
	if err != nil {
		return fmt.Errorf("contacts of group %d: %w", group, err)
	}
	if len(cards) == 0 {
		step.Group, step.Card = step.Group+1, 0
		return nil
	}
	chunk := make([]*recipient, len(cards))
	for i, card := range cards {
		chunk[i] = &recipient{cardID: card.CardID, groupID: group}
		chunk[i].from(card, mobileField)
	}
	return w.add(ctx, chunk, step, func(added []*recipient) (progress int) {
		step.Card, step.Added = added[len(added)-1].cardID, step.Added+int64(len(added))
		return int(step.Added * 99 / max(1, args.Cards))
	})
}
