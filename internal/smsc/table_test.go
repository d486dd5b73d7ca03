package smsc

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

const number = "770100000" // rows are appended

func TestRowsWithOneAnswerAndTheirReceipts(t *testing.T) {
	for row, want := range map[string]struct {
		states  []smpp.MessageState
		arrives bool
	}{
		"01": {[]smpp.MessageState{smpp.StateUndeliverable}, false},
		"03": {[]smpp.MessageState{smpp.StateExpired}, false},
		"04": {[]smpp.MessageState{smpp.StateDeleted}, false},
		"05": {nil, false},
		"06": {[]smpp.MessageState{smpp.StateDelivered}, true},
		"10": {[]smpp.MessageState{smpp.StateDelivered, smpp.StateDelivered}, true},
		"11": {[]smpp.MessageState{smpp.StateRejected}, false},
		"00": {[]smpp.MessageState{smpp.StateDelivered}, true},
		"13": {[]smpp.MessageState{smpp.StateDelivered}, true},
	} {
		t.Run(row, func(t *testing.T) {
			c := startCarrier(t, Config{})
			e := bind(t, c.Addr(), smpp.Transceiver, ok)
			e.send(single(number+row, "hello"))
			id := e.waitAnswer(smpp.StatusOK).MessageID
			for _, state := range want.states {
				e.waitReceipt(id, state)
			}
			if want.arrives {
				c.waitMessage(t, Message{"Shop", number + row, "hello", 1})
			}
			e.nothingMore()
			c.waitMessage(t, Message{"Shop", "77010000099", "probe", 1})
		})
	}
}

func TestRow02RefusesTheSubmit(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	e.send(single(number+"02", "hello"))
	if r := e.waitAnswer(smpp.StatusInvDstAddr); r.MessageID != "" {
		t.Errorf("%+v", r)
	}
	e.nothingMore()
}

func TestRow06ReportsTheFirstSegmentOnly(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	e.send(part(number+"06", "lo", 7, 2, 2))
	e.waitAnswer(smpp.StatusOK)
	e.nothingMore()
	e.send(part(number+"06", "hel", 7, 2, 1))
	e.waitReceipt(e.waitAnswer(smpp.StatusOK).MessageID, smpp.StateDelivered)
	c.waitMessage(t, Message{"Shop", "77010000099", "probe", 1}) // and never the whole message
	if len(c.messages) != 0 {
		t.Error("half a message was shown")
	}
}

func TestRow07ReportsBeforeItAnswers(t *testing.T) {
	c := startCarrier(t, Config{})
	transceiver := bind(t, c.Addr(), smpp.Transceiver, ok)
	transceiver.send(single(number+"07", "hello"))
	first := transceiver.next()
	if first.receipt == nil {
		t.Fatalf("first heard %+v", first)
	}
	if r := transceiver.waitAnswer(smpp.StatusOK); r.MessageID != first.receipt.MessageID {
		t.Errorf("receipt for %s, answer %s", first.receipt.MessageID, r.MessageID)
	}
}

func TestRow07OverTwoLinksWaitsForTheAcknowledgement(t *testing.T) {
	c := startCarrier(t, Config{})
	transmitter := bind(t, c.Addr(), smpp.Transmitter, ok)
	receiver := bind(t, c.Addr(), smpp.Receiver, func() smpp.Status {
		if len(transmitter.events) != 0 {
			t.Error("answered before the receipt was acknowledged")
		}
		return smpp.StatusOK
	})
	transmitter.send(single(number+"07", "hello"))
	receipt, answer := receiver.next(), transmitter.waitAnswer(smpp.StatusOK)
	if receipt.receipt.MessageID != answer.MessageID {
		t.Errorf("receipt for %s, answer %s", receipt.receipt.MessageID, answer.MessageID)
	}
}

func TestRow07WithoutAReceiptIsAnsweredAtOnce(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	m := single(number+"07", "hello")
	m.RegisteredDelivery = smpp.ReceiptNever
	e.send(m)
	e.waitAnswer(smpp.StatusOK)
	c.waitMessage(t, Message{"Shop", number + "07", "hello", 1})
}

func TestRow08ThrottlesEachSegmentOnce(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	for range 2 { // the same words again are a new message
		for seq := byte(1); seq <= 2; seq++ {
			e.send(part(number+"08", "ab", 1, 2, seq))
			e.waitAnswer(smpp.StatusThrottled)
			e.send(part(number+"08", "ab", 2, 2, seq)) // under a new reference
			e.waitReceipt(e.waitAnswer(smpp.StatusOK).MessageID, smpp.StateDelivered)
		}
		c.waitMessage(t, Message{"Shop", number + "08", "abab", 2})
	}
}

func TestRow09CutsTheLinkOncePerMessage(t *testing.T) {
	c := startCarrier(t, Config{})
	first := bind(t, c.Addr(), smpp.Transceiver, ok)
	first.send(part(number+"09", "ab", 1, 2, 1))
	first.waitCut()
	if len(c.messages) != 0 || c.Stats().Accepted != 0 {
		t.Error("delivered though never answered")
	}
	again := bind(t, c.Addr(), smpp.Transceiver, ok)
	for seq := byte(1); seq <= 2; seq++ {
		again.send(part(number+"09", "ab", 2, 2, seq))
		again.waitReceipt(again.waitAnswer(smpp.StatusOK).MessageID, smpp.StateDelivered)
	}
	c.waitMessage(t, Message{"Shop", number + "09", "abab", 2})
	if s := c.Stats(); s.Cut != 1 {
		t.Errorf("%+v", s)
	}
}

func TestRow09LetsEarlierAnswersOut(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transmitter, ok)
	for i := range 50 {
		e.send(single(number+"00", fmt.Sprint(i)))
	}
	e.send(single(number+"09", "hello"))
	for range 50 {
		e.waitAnswer(smpp.StatusOK)
	}
	e.waitCut()
}

func TestRow12ChangesTheBaseOfTheID(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	e.send(single(number+"12", "hello"))
	n, err := strconv.ParseUint(e.waitAnswer(smpp.StatusOK).MessageID, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	e.waitReceipt(strconv.FormatUint(n, 10), smpp.StateDelivered)
}

func TestReceiptsComeOnlyIfAskedFor(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	for _, tc := range []struct {
		row     string
		asked   smpp.RegisteredDelivery
		receipt bool
	}{
		{"01", smpp.ReceiptNever, false}, {"00", smpp.ReceiptNever, false},
		{"01", smpp.ReceiptOnFailure, true}, {"00", smpp.ReceiptOnFailure, false},
	} {
		m := single(number+tc.row, "hello")
		m.RegisteredDelivery = tc.asked
		e.send(m)
		id := e.waitAnswer(smpp.StatusOK).MessageID
		if tc.receipt {
			e.waitReceipt(id, smpp.StateUndeliverable)
		}
		e.nothingMore()
	}
}

func TestOutcomeIsReadFromTheLastTwoDigits(t *testing.T) {
	for to, want := range map[string]Outcome{
		"": Delivered, "1": Delivered, "01": Undelivered, "7701000000a1": Delivered, "12": OtherBase, "13": Delivered, "0912": OtherBase, "1209": Cut,
	} {
		if got := outcomeOf(to); got != want {
			t.Errorf("%q: %d, want %d", to, got, want)
		}
	}
}
