package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
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
