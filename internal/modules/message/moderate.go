package message

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
)

// judge decides what becomes of a composed message's text. One that a moderator
// declined before is code 1, and nothing is accepted.
func (m *Module) judge(ctx context.Context, c *api.Call, msg *Message) error {
	if c.Account.Moderation == api.NeverModerated {
		return nil
	}
	v, err := m.Moderation.Judge(ctx, c.Account, msg.Text)
	if err != nil {
		return err
	}
	msg.Moderation = Moderation(v.Standing)
	switch msg.Moderation {
	case Declined:
		return api.Invalid("text", "message.declined", api.Args{"Comment": v.Comment})
	case WaitingModerator:
		msg.Status, msg.asked = Created, &v
	}
	return nil
}

// ask opens the cases of those messages that wait for a moderator, in the transaction
// that accepts them.
func (m *Module) ask(tx *db.Tx, accepted []*Message) error {
	for _, msg := range accepted {
		if msg.asked == nil {
			continue
		}
		err := m.Moderation.Open(tx, moderation.Case{
			CampaignID: msg.ID, AccountID: msg.AccountID, Single: true,
			Sender: msg.Sender, Text: msg.given(), Recipients: 1, Reasons: msg.asked.Reasons,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Errand carries out the end of a single message's case; see moderation.Carrier.
func (m *Module) Errand(e moderation.Ended) moderation.Errand {
	switch e.Standing {
	case moderation.Ready:
		return &approval{m: m, id: e.CampaignID}
	case moderation.Declined:
		return refusal{m, Change{ID: e.CampaignID, Status: Rejected}, Declined}
	default:
		return refusal{m, Change{ID: e.CampaignID, Status: Expired}, WaitingModerator}
	}
}

// approval releases a message that waited for a moderator.
type approval struct {
	m     *Module
	id    int64
	taken *Outgoing // planned; nil = not yet, or it does not wait any more
}

// What was deferred to a time still to come stays NEW until then. Validity runs from
// the release.
const approve = `UPDATE message SET moderation = 3, was = message.status,
		status = CASE WHEN deferred_ms > $2 THEN 0 ELSE 1 END,
		status_update_ms = CASE WHEN deferred_ms > $2 THEN status_update_ms ELSE $2 END,
		expires_ms = CASE WHEN deferred_ms > $2 THEN deferred_ms ELSE $2 END + validity_min * 60000
	WHERE id = $1 AND moderation = 1 AND status = 0`

// Write releases the message as one that was deferred until now: by way of the queue,
// where it is asked again whether it may be sent.
func (a *approval) Write(tx *db.Tx) error {
	a.drop()
	released, err := tx.Exec(approve, a.id, tx.Now())
	if err != nil || released == 0 {
		return err
	}
	loaded, err := a.m.Load(tx, []int64{a.id})
	if err != nil {
		return err
	}
	for _, msg := range loaded {
		msg.Moderation, msg.DeferredMs = Ready, max(msg.DeferredMs, tx.Now())
		a.taken = &Outgoing{Message: msg}
	}
	return a.m.Queue.Plan(tx, []*Outgoing{a.taken})
}

// Over gives the message to the queue.
func (a *approval) Over(committed bool) {
	if committed && a.taken != nil {
		a.m.Queue.Committed(a.taken)
		return
	}
	a.drop()
}

func (a *approval) drop() {
	if a.taken != nil {
		a.m.Queue.Dropped(a.taken)
		a.taken = nil
	}
}

// refusal ends a message that waited for a moderator, and pays it back.
type refusal struct {
	m      *Module
	change Change
	as     Moderation
}

func (r refusal) Write(tx *db.Tx) error {
	r.change.AtMs = tx.Now()
	if err := r.m.Settle(tx, []Change{r.change}); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE message SET moderation = $2 WHERE id = $1 AND moderation = 1`, r.change.ID, int64(r.as))
	return err
}

func (refusal) Over(bool) {}

// decisionColumns are when a moderator decided on a single message, and the comment of
// one who declined it. They are looked up where there was a decision alone.
const decisionColumns = `CASE WHEN message.moderation IN (2, 3) THEN
		coalesce((SELECT v_moderation.decided_ms FROM v_moderation WHERE v_moderation.campaign_id = message.id), 0) ELSE 0 END,
	CASE WHEN message.moderation = 2 THEN
		coalesce((SELECT v_moderation.comment FROM v_moderation WHERE v_moderation.campaign_id = message.id), '') ELSE '' END`

// moderated tells how the question stands whether the message may be sent.
func (s *story) moderated(r *Record) {
	switch {
	case r.Moderation == WaitingModerator && r.Status.Final():
		s.step("explain.undecided", r.StatusUpdateMs)
	case r.Moderation == WaitingModerator:
		s.step("explain.moderation", 0)
	case r.Moderation == Ready && r.DecidedMs != 0:
		s.step("explain.approved", r.DecidedMs)
	case r.Moderation == Declined:
		declined := s.step("explain.declined", r.DecidedMs)
		declined.Description = s.c.Say("explain.declined", api.Args{"Comment": r.Comment})
	}
}
