package moderation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Errors of deciding; they come wrapped with the case they are about.
var (
	ErrNoCase  = errors.New("no such case")
	ErrDecided = errors.New("decided already, and for good")
	ErrComment = errors.New("the comment must be text of up to 1000 characters")
)

const maxComment = 1000 // characters

// Question is a text of an account that moderators were asked about.
type Question struct {
	ID         int64 // of the case that asked first: a campaign, or a single message
	AccountID  int64
	Sender     string
	Text       string
	Reasons    []string
	Cases      int   // that asked so far
	Waiting    int   // of them, those that still wait
	Recipients int   // of all of them
	AskedMs    int64 // first
	Standing   Standing
	Comment    string // the moderator's
	DecidedMs  int64  // 0 = not yet
}

const questionColumns = `t.id, t.account_id, t.sender, t.text, t.reasons, t.cases, t.recipients, t.asked_ms, t.state, t.comment, t.decided_ms,
	(SELECT count(*) FROM moderation_case c WHERE c.text_id = t.id AND c.state = 0)`

func (q *Question) scan(row db.Row) error {
	var reasons string
	err := row.Scan(&q.ID, &q.AccountID, &q.Sender, &q.Text, &reasons, &q.Cases, &q.Recipients, &q.AskedMs,
		&q.Standing, &q.Comment, &q.DecidedMs, &q.Waiting)
	q.Reasons = strings.Split(reasons, reasonsApart)
	return err
}

// mostListed bounds what List reads.
const mostListed = 1000

// Waiting reads the questions that wait for a decision, oldest first, 1000 at most.
func (m *Module) Waiting(ctx context.Context) ([]Question, error) {
	return m.questions(ctx, `SELECT `+questionColumns+` FROM moderation_text t WHERE t.state = 1
		AND EXISTS (SELECT 1 FROM moderation_case c WHERE c.text_id = t.id AND c.state = 0) ORDER BY t.asked_ms, t.id LIMIT $1`)
}

// All reads the questions that were asked last, newest first, 1000 at most, decided or
// not.
func (m *Module) All(ctx context.Context) ([]Question, error) {
	return m.questions(ctx, `SELECT `+questionColumns+` FROM moderation_text t ORDER BY t.asked_ms DESC, t.id DESC LIMIT $1`)
}

func (m *Module) questions(ctx context.Context, text string) (all []Question, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(text, func(row db.Row) error {
			var question Question
			err := question.scan(row)
			all = append(all, question)
			return err
		}, mostListed)
	})
	if err != nil {
		return nil, fmt.Errorf("list what moderators were asked: %w", err)
	}
	return all, nil
}

// Show reads the question that a case asks: any campaign or single message with its
// text will do.
func (m *Module) Show(ctx context.Context, caseID int64) (*Question, error) {
	question := &Question{}
	found := ErrNoCase
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT `+questionColumns+` FROM moderation_case o JOIN moderation_text t ON t.id = o.text_id WHERE o.id = $1`,
			func(row db.Row) error {
				found = nil
				return question.scan(row)
			}, caseID)
	})
	if err := errors.Join(err, found); err != nil {
		return nil, fmt.Errorf("case %d: %w", caseID, err)
	}
	return question, nil
}

// Approve lets a case's text be sent: by the cases that wait, and from now on.
func (m *Module) Approve(ctx context.Context, caseID int64) error {
	return m.decide(ctx, caseID, Ready, "")
}

// Decline forbids a case's text, and tells its account why: the cases that wait are
// rejected and paid back, later ones are not accepted.
func (m *Module) Decline(ctx context.Context, caseID int64, comment string) error {
	if comment == "" || !utf8.ValidString(comment) || strings.Contains(comment, "\x00") || utf8.RuneCountInString(comment) > maxComment {
		return fmt.Errorf("case %d: %w", caseID, ErrComment)
	}
	return m.decide(ctx, caseID, Declined, comment)
}

func (m *Module) decide(ctx context.Context, caseID int64, as Standing, comment string) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		decided, err := tx.Exec(`UPDATE moderation_text SET state = $2, comment = $3, decided_ms = $4
			WHERE id = (SELECT text_id FROM moderation_case WHERE id = $1) AND state = 1`, caseID, int64(as), comment, tx.Now())
		if err != nil {
			return err
		}
		if decided == 0 {
			return undecidable(tx, caseID)
		}
		return tx.Touch(Topic)
	})
	if err != nil {
		return fmt.Errorf("case %d: %w", caseID, err)
	}
	return nil
}

// undecidable says why a case can't be decided on.
func undecidable(tx *db.Tx, caseID int64) error {
	var state Standing
	err := tx.One(`SELECT state FROM v_moderation WHERE campaign_id = $1`, []any{caseID}, &state)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return ErrNoCase
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: it is %s", ErrDecided, state)
}
