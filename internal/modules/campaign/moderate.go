package campaign

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Moderator is package moderation, as far as campaigns need it.
type Moderator interface {
	// Judge says what is to become of an account's text.
	Judge(ctx context.Context, account *api.Account, text string) (Judgement, error)
	// Open asks a moderator, in the transaction that sends the campaign.
	Open(tx *db.Tx, b *Bulk, j Judgement) error
	// Withdraw ends the question, if there is one: the campaign is no more.
	Withdraw(tx *db.Tx, campaignID int64) error
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
