package message_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestCopiesAtOnceAreOneMessage: copies share their accepting transactions with each
// other and with messages that have no key.
func TestCopiesAtOnceAreOneMessage(t *testing.T) {
	const calls, copies = 10, 8
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		before := w.balance(a)
		var answers [calls][copies]testkit.Reply
		var senders sync.WaitGroup
		for copied := range copies {
			for call := range calls {
				form := fmt.Sprintf("recipient=77010000001&text=%d&params[idempotencyKey]=%d", call, call)
				senders.Go(func() { answers[call][copied] = w.call(a, "message/sendSmsMessage", form) })
			}
			senders.Go(func() { w.send(a, "77010000002", "no key") })
		}
		senders.Wait()
		for _, copies := range answers {
			for _, r := range copies {
				if r.Code != api.CodeOK || string(r.Data) != string(copies[0].Data) {
					t.Errorf("one copy is answered %d %s, another %s", r.Code, r.Data, copies[0].Data)
				}
			}
		}
		if stored := w.traces().messages; stored != calls+copies {
			t.Errorf("%d messages stand, want %d", stored, calls+copies)
		}
		if paid := before - w.balance(a); paid != segmentPrice*(calls+copies) {
			t.Errorf("%s were paid for %d messages", paid, calls+copies)
		}
		w.ledgerHolds()
	})
}

// TestCopiesAtOnceThatCouldNotPayAreAllToldSo, those too that share their accepting
// transaction with the one that was refused.
func TestCopiesAtOnceThatCouldNotPayAreAllToldSo(t *testing.T) {
	const copies = 16
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Balance = segmentPrice - 1 })
		var answers [copies]testkit.Reply
		var senders sync.WaitGroup
		for i := range copies {
			senders.Go(func() {
				answers[i] = w.call(a, "message/sendSmsMessage", "recipient=77010000001&text=Hi&params[idempotencyKey]=a")
			})
		}
		senders.Wait()
		for _, r := range answers {
			if r.Code != api.CodeOperationFailed {
				t.Errorf("a copy is answered %d %s", r.Code, r.Message)
			}
		}
		if stored := w.traces().messages; stored != 0 {
			t.Errorf("%d messages stand, want none", stored)
		}
		w.ledgerHolds()
	})
}

// TestACallThatCouldNotPayIsTriedAgain: its key is free until somebody can.
func TestACallThatCouldNotPayIsTriedAgain(t *testing.T) {
	const form = "recipient=77010000001&text=Hi&params[idempotencyKey]=a"
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Balance = segmentPrice - 1 })
		w.get(a, "message/sendSmsMessage", form, api.CodeOperationFailed, nil)
		if _, err := w.users.TopUp(t.Context(), a.id, 1); err != nil {
			t.Fatal(err)
		}
		w.get(a, "message/sendSmsMessage", form, api.CodeOK, nil)
		w.get(a, "message/sendSmsMessage", form, api.CodeOK, nil)
		w.get(a, "message/sendSmsMessage", "recipient=77010000001&text=Ho&params[idempotencyKey]=a", api.CodeBadParameter, nil)
		if stored := w.traces().messages; stored != 1 {
			t.Errorf("%d messages stand, want 1", stored)
		}
		w.ledgerHolds()
	})
}
