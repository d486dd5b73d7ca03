package moderation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Verdict is what becomes of a text before anybody gets it.
type Verdict struct {
	Standing Standing
	Comment  string   // of the decision that was remembered
	Reasons  []string // why a moderator has to be asked
}

// Reasons that are not found in the text.
const (
	reasonAlways = "always"
	reasonFirst  = "first"
)

// Judge says what is to become of an account's text. A decision on the same text is
// remembered, whatever the account's setting is by now, unless that is never: then it
// costs nothing.
func (m *Module) Judge(ctx context.Context, account *api.Account, text string) (Verdict, error) {
	if account.Moderation == api.NeverModerated {
		return Verdict{}, nil
	}
	v, trusted, err := m.recall(ctx, account.ID, text)
	if err != nil {
		return Verdict{}, fmt.Errorf("recall what was decided on a text: %w", err)
	}
	if v.Standing == Declined || v.Standing == Ready {
		return v, nil
	}
	if account.Moderation == api.AlwaysModerated {
		return Verdict{Standing: WaitingModerator, Reasons: []string{reasonAlways}}, nil
	}
	reasons := m.Get().reasons(text)
	if !trusted {
		reasons = append(reasons, reasonFirst)
	}
	if len(reasons) == 0 {
		return Verdict{}, nil
	}
	return Verdict{Standing: WaitingModerator, Reasons: reasons}, nil
}

// recall reads what was decided on an account's text, and whether a moderator ever
// approved any text of that account.
func (m *Module) recall(ctx context.Context, accountID int64, text string) (v Verdict, trusted bool, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		err := q.One(`SELECT state, comment FROM moderation_text WHERE account_id = $1 AND hash = $2`,
			[]any{accountID, hash(text)}, &v.Standing, &v.Comment)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		var approved int64
		err = q.One(`SELECT id FROM moderation_text WHERE account_id = $1 AND state = 3 LIMIT 1`, []any{accountID}, &approved)
		trusted = err == nil
		if errors.Is(err, db.ErrNotFound) {
			err = nil
		}
		return err
	})
	return v, trusted, err
}

// hash is what a text is known by: as it is, to the octet.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
