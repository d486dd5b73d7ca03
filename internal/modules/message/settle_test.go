package message_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
)

func (w *world) settle(changes ...message.Change) error {
	return w.db.Write(context.Background(), db.Answers, func(tx *db.Tx) error { return w.messages.Settle(tx, changes) })
}

// accepted accepts messages of so many segments each, all at once.
func (w *world) accepted(a account, segments ...int) []*message.Message {
	all := make([]*message.Message, len(segments))
	var accepts sync.WaitGroup
	for i, n := range segments {
		all[i] = w.outgoing(a.id)
		all[i].SegNum = n
		accepts.Go(func() {
			if err := w.messages.Accept(context.Background(), all[i]); err != nil {
				w.t.Error(err)
			}
		})
	}
	accepts.Wait()
	return all
}

func TestSettleMovesForwardAndPaysBackWhatWasNeverSent(t *testing.T) {
	const started = 1_772_000_000_000
	tests := []struct {
		name    string
		changes []message.Change // of one message, of two segments
		status  message.Status
		repaid  bool
	}{
		{"delivered", []message.Change{{Status: message.Accepted, StartMs: started}, {Status: message.Delivered, StartMs: started}}, message.Delivered, false},
		{"refused by the carrier", []message.Change{{Status: message.Rejected, StartMs: started}}, message.Rejected, true},
		{"refused by us", []message.Change{{Status: message.Rejected}}, message.Rejected, true},
		{"refused twice", []message.Change{{Status: message.Rejected, StartMs: started}, {Status: message.Rejected}}, message.Rejected, true},
		{"rejected by a receipt", []message.Change{{Status: message.Accepted, StartMs: started}, {Status: message.Rejected, StartMs: started}}, message.Rejected, true},
		{"expired unsent", []message.Change{{Status: message.Expired}}, message.Expired, true},
		{"expired unsent, then rejected", []message.Change{{Status: message.Expired}, {Status: message.Rejected}}, message.Expired, true},
		{"expired on its way", []message.Change{{Status: message.Accepted, StartMs: started}, {Status: message.Expired, StartMs: started}}, message.Expired, false},
		{"expired on its way, which is not said again", []message.Change{{Status: message.Accepted, StartMs: started}, {Status: message.Expired}}, message.Expired, false},
		{"cancelled", []message.Change{{Status: message.Deleted}}, message.Deleted, true},
		{"removed by the carrier", []message.Change{{Status: message.Deleted, StartMs: started}}, message.Deleted, false},
		{"not delivered", []message.Change{{Status: message.Undelivered, StartMs: started}}, message.Undelivered, false},
		{"partly delivered, then as the first segment", []message.Change{{Status: message.PartlyDelivered, StartMs: started}, {Status: message.Undelivered, StartMs: started}}, message.Undelivered, false},
		{"delivered stays", []message.Change{{Status: message.Delivered, StartMs: started}, {Status: message.Expired}, {Status: message.Rejected}}, message.Delivered, false},
		{"no way back", []message.Change{{Status: message.PartlyDelivered, StartMs: started}, {Status: message.Accepted, StartMs: started}}, message.PartlyDelivered, false},
	}
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range tests {
			a := w.account(nil)
			opening := w.balance(a)
			msg := w.accepted(a, 2)[0]
			for _, c := range tt.changes {
				c.ID, c.AtMs = msg.ID, w.db.Now()
				w.ok(w.settle(c))
			}
			status, repaid, _ := w.stored(msg.ID)
			wantRepaid := money.Amount(0)
			if tt.repaid {
				wantRepaid = msg.Cost()
			}
			if status != tt.status || repaid != wantRepaid || w.balance(a) != opening-msg.Cost()+wantRepaid {
				t.Errorf("%s: %s, paid back %s, balance %s", tt.name, status, repaid, w.balance(a))
			}
		}
		w.ledgerHolds()
	})
}

// settled is what a message must be, by the rules of contract §3.
type settled struct {
	cost, repaid money.Amount
	status       message.Status
	startMs      int64
}

func (s *settled) apply(c message.Change) {
	if s.status.Final() || c.Status <= s.status {
		return
	}
	started := s.startMs != 0 || c.StartMs != 0
	if c.Status == message.Rejected || !started && (c.Status == message.Expired || c.Status == message.Deleted) {
		s.repaid = s.cost
	}
	s.status = c.Status
	if s.startMs == 0 {
		s.startMs = c.StartMs
	}
}

// drawBatches draws what delivery might learn of the messages, in batches.
func drawBatches(rt *rapid.T, all []*message.Message) [][]message.Change {
	batches := make([][]message.Change, rapid.IntRange(1, 5).Draw(rt, "batches"))
	for b := range batches {
		for i, msg := range all {
			if !rapid.Bool().Draw(rt, fmt.Sprintf("batch %d has %d", b, i)) {
				continue
			}
			batches[b] = append(batches[b], message.Change{
				ID: msg.ID, AtMs: int64(b + 1),
				Status:  message.Status(rapid.IntRange(int(message.Created), int(message.Deleted)).Draw(rt, "status")),
				StartMs: rapid.SampledFrom([]int64{0, 100, 200}).Draw(rt, "start"),
			})
		}
	}
	return batches
}

func TestSettleKeepsItsRulesWhateverIsLearnt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		rapid.Check(t, func(rt *rapid.T) {
			a := w.account(nil)
			opening := w.balance(a)
			all := w.accepted(a, rapid.SliceOfN(rapid.IntRange(1, 3), 1, 4).Draw(rt, "segments")...)
			model := map[int64]*settled{}
			for _, msg := range all {
				model[msg.ID] = &settled{cost: msg.Cost(), status: msg.Status}
			}
			batches := drawBatches(rt, all)
			w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
				for _, batch := range batches {
					if err := w.messages.Settle(tx, batch); err != nil {
						return err
					}
				}
				return nil
			}))
			for _, batch := range batches {
				for _, c := range batch {
					model[c.ID].apply(c)
				}
			}
			w.agrees(rt, a, opening, model)
		})
		w.ledgerHolds()
	})
}

func (w *world) agrees(rt *rapid.T, a account, opening money.Amount, model map[int64]*settled) {
	want := opening
	for id, m := range model {
		status, repaid, startMs := w.stored(id)
		if got := (settled{m.cost, repaid, status, startMs.Int64}); got != *m {
			rt.Errorf("message %d: %+v, want %+v", id, got, *m)
		}
		want += m.repaid - m.cost
		if rows := w.repayments(id); m.repaid > 0 && rows != 1 || m.repaid == 0 && rows != 0 {
			rt.Errorf("message %d: %d rows of the ledger for %s", id, rows, m.repaid)
		}
	}
	if got := w.balance(a); got != want {
		rt.Errorf("balance %s, want %s", got, want)
	}
}

func (w *world) repayments(id int64) (rows int) {
	w.t.Helper()
	w.ok(w.db.Read(context.Background(), func(q *db.Reader) error {
		return q.One("SELECT count(*) FROM ledger WHERE message_id = $1 AND kind = 'repay'", []any{id}, &rows)
	}))
	return rows
}

// TestTwoWritersNeverPayBackTwice settles the same messages twice at the same
// time: PostgreSQL has two writers, and both read before either has written.
func TestTwoWritersNeverPayBackTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Balance = 1_000_000_0000 })
		for _, msg := range w.accepted(a, slices.Repeat([]int{1}, 30)...) {
			var both, writers sync.WaitGroup
			both.Add(2)
			for range 2 {
				writers.Go(func() {
					_ = w.db.Write(context.Background(), db.Answers, func(tx *db.Tx) error {
						if both.Done(); w.db.Engine == "postgres" {
							both.Wait()
						}
						return w.messages.Settle(tx, []message.Change{{ID: msg.ID, Status: message.Rejected, AtMs: 1}})
					})
				})
			}
			writers.Wait()
			if status, _, _ := w.stored(msg.ID); status != message.Rejected {
				t.Errorf("message %d is %s", msg.ID, status)
			}
			if rows := w.repayments(msg.ID); rows > 1 {
				t.Fatalf("message %d was paid back %d times", msg.ID, rows)
			}
		}
		w.ledgerHolds()
	})
}

func TestLoadReadsWhatSendingNeeds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		sent := w.outgoing(w.account(nil).id)
		sent.DeferredMs, sent.Operator, sent.Text = sent.CreatedMs+1, "Kcell", "Žluťoučký €"
		w.ok(w.messages.Accept(t.Context(), sent))
		var loaded []*message.Message
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) (err error) {
			loaded, err = w.messages.Load(tx, []int64{sent.ID, sent.ID + 1})
			return err
		}))
		// What sending does not need is not read.
		want := *sent
		want.CreatedMs, want.CreationWay, want.ValidityMin = 0, 0, 0
		if len(loaded) != 1 || *loaded[0] != want {
			t.Errorf("loaded %+v, want %+v", loaded, want)
		}
	})
}
