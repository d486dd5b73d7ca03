package carrier

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
)

func TestAnAnswerSaysWhatMayBeDoneNext(t *testing.T) {
	status := func(s smpp.Status) smpp.PDU {
		return &smpp.SubmitSMResp{Header: smpp.Header{Status: s}, MessageID: "A1"}
	}
	field := fmt.Errorf("%w: %w", smpp.ErrNotSent, &smpp.FieldError{Field: "source_addr"})
	for _, c := range []struct {
		name string
		resp smpp.PDU
		err  error
		want Outcome
	}{
		{"taken", status(smpp.StatusOK), nil, Accepted},
		{"throttled", status(smpp.StatusThrottled), nil, Throttled},
		{"its queue is full", status(smpp.StatusMsgQueueFull), nil, Throttled},
		{"its own trouble", status(smpp.StatusSysErr), nil, Troubled},
		{"a bad number", status(smpp.StatusInvDstAddr), nil, Refused},
		{"a status nobody knows", status(0x0499), nil, Refused},
		{"not understood", &smpp.GenericNack{Header: smpp.Header{Status: smpp.StatusInvCmdID}}, nil, Refused},
		{"a nack of nothing", &smpp.GenericNack{}, nil, NoAnswer},
		{"the link was away", nil, fmt.Errorf("%w: %w", smpp.ErrNotSent, smpp.ErrNotBound), NotSent},
		{"no PDU can say it", nil, field, Refused},
		{"the link went", nil, fmt.Errorf("%w: %w", smpp.ErrNoAnswer, smpp.ErrUnbound), NoAnswer},
		{"the answer is unreadable", nil, fmt.Errorf("%w: %w", smpp.ErrNoAnswer, &smpp.FieldError{Field: "message_id"}), NoAnswer},
		{"anything else", nil, errors.New("surprise"), NoAnswer},
	} {
		got := answer(c.resp, c.err)
		if got.Outcome != c.want || (got.Ref != "") != (c.want == Accepted) {
			t.Errorf("%s: %s under %q, want %s", c.name, got.Outcome, got.Ref, c.want)
		}
	}
}

func TestStatesOfReceipts(t *testing.T) {
	for state, want := range map[smpp.MessageState]message.Status{
		smpp.StateDelivered: message.Delivered, smpp.StateExpired: message.Expired, smpp.StateDeleted: message.Deleted,
		smpp.StateUndeliverable: message.Undelivered, smpp.StateRejected: message.Rejected, smpp.StateUnknown: message.Undelivered,
		smpp.StateEnroute: 0, smpp.StateAccepted: 0,
	} {
		if got, final := segmentStatus(smpp.Receipt{State: state}); got != want || final != (want != 0) {
			t.Errorf("%s: %s, final %t", state, got, final)
		}
		if _, final := segmentStatus(smpp.Receipt{State: state, Intermediate: true}); final {
			t.Errorf("an intermediate %s is final", state)
		}
	}
}

func TestSendersAsAddresses(t *testing.T) {
	for sender, want := range map[string]smpp.TON{
		"Shop": smpp.TONAlphanumeric, "24x7": smpp.TONAlphanumeric, "1234": smpp.TONNetwork, "1234567": smpp.TONNetwork, "77010000100": smpp.TONInternational,
	} {
		if got := source(sender); got.TON != want || got.Addr != sender {
			t.Errorf("%s is %+v", sender, got)
		}
	}
}

func TestWhatIsNoReceiptIsNotTakenForOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		class smpp.ESMClass
		tlvs  smpp.TLVs
		want  smpp.Status
	}{
		{"a receipt", smpp.ESMTypeReceipt, (&smpp.Receipt{MessageID: "A1", State: smpp.StateDelivered}).TLVs(), smpp.StatusOK},
		{"a receipt by its parameters alone", 0, (&smpp.Receipt{MessageID: "A1", State: smpp.StateDelivered}).TLVs(), smpp.StatusOK},
		{"on its way", smpp.ESMTypeReceipt, (&smpp.Receipt{MessageID: "A1", State: smpp.StateEnroute}).TLVs(), smpp.StatusOK},
		{"a receipt that names nothing", smpp.ESMTypeReceipt, nil, smpp.StatusReceiverPermanent},
		{"a message from a handset", 0, nil, smpp.StatusReceiverTemporary},
	} {
		carrier := NewSMPP(Config{OnReceipt: func(_ Receipt, done func(bool)) { done(true) }, Logger: slog.New(slog.DiscardHandler)})
		carrier.deliver(&smpp.DeliverSM{Message: smpp.Message{ESMClass: c.class, TLVs: c.tlvs}}, func(got smpp.Status) {
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		})
	}
}
