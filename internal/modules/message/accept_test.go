package message_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// outgoing is a message of one segment, ready to be accepted.
func (w *world) outgoing(accountID int64) *message.Message {
	id, err := w.db.NextID(context.Background(), message.IDs)
	if err != nil {
		w.t.Error(err)
	}
	now := w.clock.Now().UnixMilli()
	return &message.Message{
		ID: id, CampaignID: id, AccountID: accountID, CreatedMs: now, Sender: "Heliograph", Recipient: "77010000001", Text: "Hi",
		Country: "KZ", SegNum: 1, SegPrice: segmentPrice, Status: message.Enqueued, CreationWay: message.ByAPI,
		MClass: 1, ValidityMin: 60, ExpiresMs: now + 3_600_000,
	}
}

// TestAcceptRepliesOnlyAfterCommit looks with a connection of its own: it sees
// what is committed, whatever the server believes.
func TestAcceptRepliesOnlyAfterCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Balance = 1_000_000_0000 })
		witness := testkit.Open(t, w.url, nil)
		seen := func(id int64) (n int) {
			err := witness.Read(context.Background(), func(q *db.Reader) error {
				return q.One("SELECT count(*) FROM message WHERE id = $1", []any{id}, &n)
			})
			if err != nil {
				t.Error(err)
			}
			return n
		}
		w.queue.onCommitted = func(id int64) {
			if seen(id) != 1 {
				t.Errorf("the queue was given %d before its commit", id)
			}
		}
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for range 8 {
					msg := w.outgoing(a.id)
					if err := w.messages.Accept(context.Background(), msg); err != nil {
						t.Error(err)
					} else if seen(msg.ID) != 1 {
						t.Errorf("%d was answered before its commit", msg.ID)
					}
				}
			})
		}
		senders.Wait()
		w.ledgerHolds()
	})
}

func TestOnlyWhatTheBalancePaysIsAccepted(t *testing.T) {
	const affordable, calls = 23, 80
	onBoth(t, func(t *testing.T, w *world) {
		poor := w.account(func(n *user.NewAccount) { n.Balance = segmentPrice*affordable + 1 })
		rich := w.account(nil)
		var accepted, refused, neighbours atomic.Int32
		var senders sync.WaitGroup
		for i := range calls {
			senders.Go(func() {
				switch r := w.call(poor, "message/sendSmsMessage", fmt.Sprintf("recipient=77010000001&text=%d", i)); r.Code {
				case api.CodeOK:
					accepted.Add(1)
				case api.CodeOperationFailed:
					refused.Add(1)
				default:
					t.Errorf("code %d (%s)", r.Code, r.Message)
				}
			})
			if i%4 == 0 { // whose sends share the transactions
				senders.Go(func() {
					if r := w.call(rich, "message/sendSmsMessage", "recipient=77010000001&text=Hi"); r.Code == api.CodeOK {
						neighbours.Add(1)
					}
				})
			}
		}
		senders.Wait()
		if accepted.Load() != affordable || refused.Load() != calls-affordable || neighbours.Load() != calls/4 {
			t.Errorf("accepted %d, refused %d, neighbours' %d", accepted.Load(), refused.Load(), neighbours.Load())
		}
		if got := w.balance(poor); got != 1 {
			t.Errorf("%s are left, want 0.0001", got)
		}
		if stored := w.traces().messages; stored != affordable+calls/4 {
			t.Errorf("%d messages stand, want %d", stored, affordable+calls/4)
		}
		if len(w.queue.committed) != affordable+calls/4 || len(w.queue.dropped) != calls-affordable {
			t.Errorf("the queue took over %d and gave back %d", len(w.queue.committed), len(w.queue.dropped))
		}
		w.ledgerHolds()
	})
}

func TestWhatCouldNotBeWrittenIsGivenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		first := w.outgoing(a.id)
		w.ok(w.messages.Accept(t.Context(), first))
		before := w.traces()
		if err := w.messages.Accept(t.Context(), first); !errors.Is(err, db.ErrConflict) {
			t.Errorf("the same message again: %v, want a conflict", err)
		}
		if after := w.traces(); after != before || !w.queue.dropped[first.ID] {
			t.Errorf("%+v became %+v, dropped %v", before, after, w.queue.dropped)
		}
	})
}

func TestABlockedAccountsMessagesAreNotAccepted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		w.ok(w.users.Block(t.Context(), a.id))
		before := w.traces()
		var refusal *api.Error
		if err := w.messages.Accept(t.Context(), w.outgoing(a.id)); !errors.As(err, &refusal) || refusal.Code != api.CodeOperationFailed {
			t.Errorf("got %v, want code 15", err)
		}
		if after := w.traces(); after != before {
			t.Errorf("%+v became %+v", before, after)
		}
	})
}
