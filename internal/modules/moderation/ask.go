package moderation

import (
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Case is a campaign, or a message sent singly, whose text a moderator is asked about.
type Case struct {
	CampaignID int64 // of a single message, its own id
	AccountID  int64
	Single     bool
	Sender     string
	Text       string
	Recipients int
	Reasons    []string // of the verdict
}

// caseState is where a case is. The numbers are stored.
type caseState int64

const (
	waits caseState = iota
	carriedOut
	withdrawn
	waitedTooLong
)

// reasonsApart is what stands between reasons; a word that is listed has none in it.
const reasonsApart = "; "

// Open asks a moderator, in the transaction that accepts the message or sends the
// campaign. It locks the text after all that transaction has locked before.
func (m *Module) Open(tx *db.Tx, c Case) error {
	var text int64
	var state Standing
	err := tx.One(`INSERT INTO moderation_text (id, account_id, hash, text, sender, reasons, asked_ms, cases, recipients, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, 1)
		ON CONFLICT (account_id, hash) DO UPDATE SET cases = moderation_text.cases + 1, recipients = moderation_text.recipients + excluded.recipients
		RETURNING id, state`,
		[]any{c.CampaignID, c.AccountID, hash(c.Text), c.Text, c.Sender, strings.Join(c.Reasons, reasonsApart), tx.Now(), int64(c.Recipients)},
		&text, &state)
	if err != nil {
		return fmt.Errorf("ask a moderator about campaign %d: %w", c.CampaignID, err)
	}
	single := int64(0)
	if c.Single {
		single = 1
	}
	_, err = tx.Exec(`INSERT INTO moderation_case (id, text_id, account_id, single, state, opened_ms) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.CampaignID, text, c.AccountID, single, int64(waits), tx.Now())
	if err == nil && state != WaitingModerator { // decided since it was judged
		err = tx.Touch(Topic)
	}
	return err
}

// Withdraw ends a case that waits, in the transaction that ends its campaign. Where
// there is none it does nothing.
func (m *Module) Withdraw(tx *db.Tx, campaignID int64) error {
	_, err := tx.Exec(`UPDATE moderation_case SET state = $2 WHERE id = $1 AND state = 0`, campaignID, int64(withdrawn))
	return err
}
