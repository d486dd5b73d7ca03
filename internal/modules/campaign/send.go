package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/once"
)

// What campaign/send answers (contract §4).
const (
	sentForModeration = 1
	sentAtOnce        = 2
)

// send charges the whole campaign and lets it go: at once, at its time, or when a
// moderator agrees. It is one row that changes, however many messages there are.
func (m *Module) send(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	b, err := m.bulk(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	if b.State != Draft || b.Adding != 0 || b.Messages == 0 {
		return nil, errState
	}
	asked, err := m.Moderate.Judge(ctx, c.Account, b.Given())
	if err != nil {
		return nil, fmt.Errorf("judge campaign %d: %w", b.ID, err)
	}
	answer := sentForModeration
	if asked.state() == Ready {
		answer = sentAtOnce
	}
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := m.begin(tx, b, asked); err != nil {
			return err
		}
		return once.Keep(tx, c, answer)
	})
	if err != nil {
		return nil, fmt.Errorf("send campaign %d: %w", b.ID, err)
	}
	return answer, nil
}

// begin charges the account and moves the campaign on, if nobody changed it since it
// was read.
func (m *Module) begin(tx *db.Tx, b *Bulk, asked Judgement) error {
	b.State, b.Moderation = asked.state(), asked.Moderation
	if b.State != Declined {
		charge := &user.Charge{AccountID: b.AccountID, MessageID: b.ID, Messages: b.Messages, Amount: b.Cost}
		if err := m.Users.Charge(tx, []*user.Charge{charge}); err != nil {
			return err
		}
		if charge.Refused {
			return api.Failed("message.noMoney", nil)
		}
	}
	due := max(tx.Now(), b.DeferredMs)
	sent, err := tx.Exec(`UPDATE campaign SET state = $2, moderation = $3, comment = $4, sent_ms = $5, due_ms = $6, valid_ms = $6
		WHERE id = $1 AND state = 0 AND adding = 0 AND messages = $7 AND cost = $8 AND deleted_ms IS NULL`,
		b.ID, int64(b.State), int64(b.Moderation), api.OrNull(asked.Comment), tx.Now(), due, b.Messages, int64(b.Cost))
	if err != nil {
		return err
	}
	if sent == 0 {
		return errState
	}
	if b.State == Waiting {
		return m.Moderate.Open(tx, b, asked)
	}
	tx.After(m.release.Wake)
	return nil
}

// Judgement is what becomes of a campaign's text before anybody gets it.
type Judgement struct {
	Moderation message.Moderation
	Comment    string   // of the decision that was remembered
	Reasons    []string // why a moderator is asked
}

func (j Judgement) state() State {
	switch j.Moderation {
	case message.WaitingModerator:
		return Waiting
	case message.Declined:
		return Declined
	default:
		return Ready
	}
}

// Moderator is package moderation, as far as campaigns need it.
type Moderator interface {
	// Judge says what is to become of an account's text.
	Judge(ctx context.Context, account *api.Account, text string) (Judgement, error)
	// Open asks a moderator, in the transaction that sends the campaign.
	Open(tx *db.Tx, b *Bulk, j Judgement) error
	// Withdraw ends the question, if there is one: the campaign is no more.
	Withdraw(tx *db.Tx, campaignID int64) error
}

// Approved lets a campaign go that waited for a moderator, in the transaction that
// carries the decision out.
func (m *Module) Approved(tx *db.Tx, campaignID int64) error {
	_, err := tx.Exec(`UPDATE campaign SET state = 3, moderation = 3, due_ms = CASE WHEN due_ms < $2 THEN $2 ELSE due_ms END,
		valid_ms = CASE WHEN valid_ms < $2 THEN $2 ELSE valid_ms END WHERE id = $1 AND state = 1 AND deleted_ms IS NULL`, campaignID, tx.Now())
	tx.After(m.release.Wake)
	return err
}

// Declined ends a campaign that waited for a moderator: a task rejects its messages
// and pays them back. It is DECLINED then, for ever.
func (m *Module) Declined(tx *db.Tx, campaignID, task int64, comment string) error {
	declined, err := tx.Exec(`UPDATE campaign SET state = 2, moderation = 2, comment = $2 WHERE id = $1 AND state = 1 AND deleted_ms IS NULL`,
		campaignID, comment)
	if err != nil || declined == 0 {
		return err
	}
	return m.endAll(tx, campaignID, task, message.Rejected)
}
