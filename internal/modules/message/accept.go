package message

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/once"
)

// submission is a message on its way through the accepting transaction.
type submission struct {
	Outgoing
	charge user.Charge
	claim  *once.Claim // of a call with a key; nil = it came without
}

// repeated tells whether another call with the same key was faster.
func (s *submission) repeated() bool { return s.claim != nil && s.claim.Taken }

// keyedCall is what a call and its copies have in common.
type keyedCall struct {
	account int64
	key     string
	call    api.Hash
}

func callOf(c *once.Claim) keyedCall { return keyedCall{c.Repeat.Account, c.Repeat.Key, c.Call} }

// Accept writes a message, takes its cost from the account's balance and puts it
// into the queue, all or nothing, and returns when that is durable. Submissions of
// all requests in flight share a transaction. Too little money is code 15.
func (m *Module) Accept(ctx context.Context, msg *Message) error { return m.acceptOnce(ctx, msg, nil) }

// acceptOnce keeps the answer of a call with it, where claim is not nil. The error is
// api.ErrRepeated where another call with that key has done it.
func (m *Module) acceptOnce(ctx context.Context, msg *Message, claim *once.Claim) error {
	s := &submission{
		Outgoing: Outgoing{Message: msg}, claim: claim,
		charge: user.Charge{AccountID: msg.AccountID, MessageID: msg.ID, Amount: msg.Cost()},
	}
	rows := 2 + msg.SegNum // the message, its segments, a share of the ledger
	if msg.shortened != nil {
		rows += 2 * len(msg.shortened.made)
	}
	err := m.accept.Do(ctx, s, rows)
	switch {
	case err != nil:
		m.Queue.Dropped(&s.Outgoing)
		return err
	case s.repeated():
		m.Queue.Dropped(&s.Outgoing)
		return api.ErrRepeated
	case s.charge.Refused:
		m.Queue.Dropped(&s.Outgoing)
		return api.Failed("message.noMoney", nil)
	}
	failpoint.Hit(failpoint.Accepted)
	m.Queue.Committed(&s.Outgoing)
	return nil
}

var insertMessage = db.Rows(`INSERT INTO message (id, account_id, campaign_id, created_ms, sender, recipient, text,
		country, operator, seg_num, seg_price, status, moderation, creation_way, mclass, validity_min, expires_ms, deferred_ms, name)
	SELECT :id, :account_id, :campaign_id, :created_ms, :sender, :recipient, :text,
		:country, :operator, :seg_num, :seg_price, :status, :moderation, :creation_way, :mclass, :validity_min, :expires_ms, :deferred_ms, :name {rows}`,
	"id bigint", "account_id bigint", "campaign_id bigint", "created_ms bigint", "sender text", "recipient text", "text text",
	"country text", "operator text", "seg_num bigint", "seg_price bigint", "status bigint", "moderation bigint",
	"creation_way bigint", "mclass bigint", "validity_min bigint", "expires_ms bigint", "deferred_ms bigint", "name text")

// acceptBatch is the accepting transaction: kept answers, then accounts, then messages,
// then the queue. Who repeats another's call, or can't pay, is left out; the others are
// not touched by that.
func (m *Module) acceptBatch(tx *db.Tx, all []*submission) error {
	batch, err := keepAll(tx, all)
	if err != nil {
		return err
	}
	charges := make([]*user.Charge, len(batch))
	for i, s := range batch {
		charges[i] = &s.charge
	}
	if err := m.Users.Charge(tx, charges); err != nil {
		return err
	}
	if err := dropRefused(tx, batch, all); err != nil {
		return err
	}
	paid := make([]*Outgoing, 0, len(batch))
	messages := make([]*Message, 0, len(batch))
	for _, s := range batch {
		if !s.charge.Refused {
			paid, messages = append(paid, &s.Outgoing), append(messages, s.Message)
		}
	}
	if err := m.shorten(tx, messages); err != nil {
		return err
	}
	if err := tx.Each(insertMessage, len(messages), func(i int, args []any) { messages[i].row(args) }); err != nil {
		return err
	}
	if err := m.filler.note(tx, messages); err != nil {
		return err
	}
	if err := m.ask(tx, messages); err != nil {
		return err
	}
	if err := m.Queue.Plan(tx, paid); err != nil {
		return err
	}
	failpoint.Hit(failpoint.AcceptUncommitted)
	return nil
}

// keepAll keeps the answers of calls with a key, and gives the submissions that repeat
// none.
func keepAll(tx *db.Tx, batch []*submission) (fresh []*submission, err error) {
	claims := claimsOf(batch, func(*submission) bool { return true })
	if len(claims) == 0 {
		return batch, nil
	}
	if err := once.KeepAll(tx, claims); err != nil {
		return nil, err
	}
	for _, s := range batch {
		if !s.repeated() {
			fresh = append(fresh, s)
		}
	}
	return fresh, nil
}

// dropRefused lets calls be tried again that had no effect. Their copies among all of the
// batch are refused like them: there is no answer that those could repeat.
func dropRefused(tx *db.Tx, batch, all []*submission) error {
	refused := claimsOf(batch, func(s *submission) bool { return s.charge.Refused })
	if len(refused) == 0 {
		return nil
	}
	calls := make(map[keyedCall]bool, len(refused))
	for _, c := range refused {
		calls[callOf(c)] = true
	}
	for _, s := range all {
		if s.repeated() && calls[callOf(s.claim)] {
			s.claim.Taken, s.charge.Refused = false, true
		}
	}
	return once.DropAll(tx, refused)
}

func claimsOf(batch []*submission, which func(*submission) bool) (claims []*once.Claim) {
	for _, s := range batch {
		if s.claim != nil && which(s) {
			claims = append(claims, s.claim)
		}
	}
	return claims
}

func (m *Message) row(args []any) {
	args[0], args[1], args[2], args[3] = m.ID, m.AccountID, m.CampaignID, m.CreatedMs
	args[4], args[5], args[6] = m.Sender, m.Recipient, m.Text
	args[7], args[8], args[9], args[10] = m.Country, m.Operator, int64(m.SegNum), int64(m.SegPrice)
	args[11], args[12], args[13] = int64(m.Status), int64(m.Moderation), int64(m.CreationWay)
	args[14], args[15], args[16] = int64(m.MClass), int64(m.ValidityMin), m.ExpiresMs
	args[17], args[18] = db.OrNull(m.DeferredMs), db.OrNull(m.Name)
}
