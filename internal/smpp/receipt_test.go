package smpp

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func receiptOf(text string, tlvs ...TLV) *DeliverSM {
	return &DeliverSM{Message: Message{ESMClass: ESMTypeReceipt, ShortMessage: []byte(text), TLVs: tlvs}}
}

func date(y int, m time.Month, d, hh, mm, ss int) time.Time {
	return time.Date(y, m, d, hh, mm, ss, 0, time.UTC)
}

func TestReceiptsOfManyCarriersAreRead(t *testing.T) {
	noon := date(2026, 11, 22, 12, 0, 0)
	for name, tc := range map[string]struct {
		text string
		want Receipt
	}{
		"Appendix B": {"id:00aF12 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:Hello there",
			Receipt{MessageID: "00aF12", State: StateDelivered, Submitted: 1, Delivered: 1, SubmitDate: noon, DoneDate: noon.Add(time.Minute), Err: "000", Text: "Hello there"}},
		"capitals, seconds": {"ID:7 SUB:1 DLVRD:0 SUBMIT DATE:261122120000 DONE DATE:261122120005 STAT:UNDELIVERABLE ERR:1B Text:",
			Receipt{MessageID: "7", State: StateUndeliverable, Submitted: 1, SubmitDate: noon, DoneDate: noon.Add(5 * time.Second), Err: "1B"}},
		"odd spacing": {" id: 7  stat : EXPIRED\r\nsubmitdate:20261122120000   done  date: 202611221200",
			Receipt{MessageID: "7", State: StateExpired, SubmitDate: noon, DoneDate: noon}},
		"other order, little": {"stat:REJ id:7 stat:REJECTED", Receipt{MessageID: "7", State: StateRejected}},
		"cut date":            {"id:7 done date:26112212 stat:DELETED", Receipt{MessageID: "7", State: StateDeleted, DoneDate: noon}},
		"date of nonsense":    {"id:7 done date:9999999999 stat:ACCEPTD", Receipt{MessageID: "7", State: StateAccepted}},
		"cut word":            {"id:7 stat:DELE", Receipt{MessageID: "7", State: StateDeleted}},
		"long word":           {"id:7 stat:Delivered", Receipt{MessageID: "7", State: StateDelivered}},
		"labels in the text": {"id:7 stat:ENROUTE text:id:8 stat:DELIVRD",
			Receipt{MessageID: "7", State: StateEnroute, Text: "id:8 stat:DELIVRD"}},
		"id with a colon": {"id:a:b-7 stat:UNKNOWN", Receipt{MessageID: "a:b-7", State: StateUnknown}},
	} {
		got, err := ParseReceipt(receiptOf(tc.text))
		if err != nil || got != tc.want {
			t.Errorf("%s:\n%+v, %v, want\n%+v", name, got, err, tc.want)
		}
	}
}

func TestReceiptTLVsWinOverText(t *testing.T) {
	got, err := ParseReceipt(receiptOf("id:1 stat:DELIVRD err:005", StringTLV(TagReceiptedMessageID, "0x1"),
		ByteTLV(TagMessageState, byte(StateExpired)), TLV{TagNetworkErrorCode, []byte{3, 0, 9}}))
	want := Receipt{MessageID: "0x1", State: StateExpired, Err: "005", Network: NetworkError{3, 9}}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReceiptMayComeInTLVsOrPayloadAlone(t *testing.T) {
	tlvs := TLVs{{TagReceiptedMessageID, []byte("7")}, ByteTLV(TagMessageState, 2)} // and without its NUL
	unmarked := &DeliverSM{Message: Message{TLVs: tlvs}}
	payload := receiptOf("", TLV{TagMessagePayload, []byte("id:7 stat:DELIVRD")})
	for _, d := range []*DeliverSM{unmarked, payload} {
		if got, err := ParseReceipt(d); err != nil || got.MessageID != "7" || got.State != StateDelivered {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestHandsetCannotForgeAReceipt(t *testing.T) {
	d := receiptOf("id:7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:")
	d.ESMClass = ESMFeatureReplyPath
	if _, err := ParseReceipt(d); !errors.Is(err, ErrNotReceipt) {
		t.Errorf("a text became a receipt: %v", err)
	}
}

func TestReceiptWithoutMessageOrStateIsBad(t *testing.T) {
	for _, text := range []string{"", "stat:DELIVRD", "id:7", "id:7 stat:DEL", "id: stat:DELIVRD", "\x00\xff:::", "id"} {
		if _, err := ParseReceipt(receiptOf(text)); !errors.Is(err, ErrBadReceipt) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAppendReceiptWritesAppendixB(t *testing.T) {
	r := Receipt{
		MessageID: "12", State: StateDelivered, Submitted: 1, Delivered: 1, Err: "000", Text: strings.Repeat("x", 30),
		SubmitDate: date(2026, 11, 22, 9, 5, 59), DoneDate: date(2026, 11, 22, 9, 6, 0),
	}
	got := string(AppendReceipt(nil, &r))
	want := "id:12 sub:001 dlvrd:001 submit date:2611220905 done date:2611220906 stat:DELIVRD err:000 text:xxxxxxxxxxxxxxxxxxxx"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add([]byte("id:00aF12 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:Hi"), []byte("7\x00"), byte(2))
	f.Add([]byte(" ID: 7  stat : EXPIRED\r\nsubmitdate:20261122120000"), []byte{}, byte(0))
	f.Add([]byte("ID:0\x000"), []byte{}, byte(52)) // a NUL inside the id
	f.Fuzz(func(t *testing.T, text, id []byte, state byte) {
		r, err := ParseReceipt(receiptOf(string(text), TLV{TagReceiptedMessageID, id}, ByteTLV(TagMessageState, state)))
		if err != nil {
			return
		}
		if r.MessageID == "" || r.State == 0 {
			t.Fatalf("accepted without id or state: %+v", r)
		}
		back, err := ParseReceipt(receiptOf(string(AppendReceipt(nil, &r)), r.TLVs()...))
		if err != nil || back.MessageID != r.MessageID || back.State != r.State {
			t.Fatalf("%+v came back as %+v, %v", r, back, err)
		}
	})
}

func TestTimesKeepTheirInstant(t *testing.T) {
	now := date(2026, 11, 22, 12, 0, 0)
	almaty := time.FixedZone("", 5*3600)
	newfoundland := time.FixedZone("", -(3*3600 + 1800))
	for text, want := range map[string]time.Time{
		"261122120000000+": now,
		"261122170000320+": now.Add(300 * time.Millisecond),
		"261122083000714-": now.Add(700 * time.Millisecond),
		"000001000000000R": now.AddDate(0, 0, 1),
		"010203040506000R": now.AddDate(1, 2, 3).Add(4*time.Hour + 5*time.Minute + 6*time.Second),
	} {
		if got, err := ParseTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, at := range []time.Time{now, now.In(almaty).Add(300 * time.Millisecond), now.In(newfoundland)} {
		if got, err := ParseTime(FormatTime(at), now); err != nil || !got.Equal(at) {
			t.Errorf("%v became %s became %v, %v", at, FormatTime(at), got, err)
		}
	}
}

func TestPeriodsKeepTheirLength(t *testing.T) {
	now := date(2026, 2, 28, 0, 0, 0)
	for _, d := range []time.Duration{0, time.Second, 90 * time.Minute, 24 * time.Hour, 99*24*time.Hour + time.Hour} {
		s, err := FormatPeriod(d)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseTime(s, now); err != nil || got.Sub(now) != d {
			t.Errorf("%v became %s became %v, %v", d, s, got.Sub(now), err)
		}
	}
	if s, err := FormatPeriod(100 * 24 * time.Hour); err == nil {
		t.Errorf("100 days became %s", s)
	}
}

func TestBadTimesAreErrors(t *testing.T) {
	for _, s := range []string{"", "261122120000000", "261122120000000Z", "26112212000000 +", "261322120000000+", "261122120000049+", "٢٢٢٢٢٢٢٢"} {
		if got, err := ParseTime(s, time.Now()); !errors.Is(err, ErrTime) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}

func TestStatusAndCommandsHaveTheirNames(t *testing.T) {
	for got, want := range map[string]string{
		StatusThrottled.String():                                  "ESME_RTHROTTLED",
		StatusOK.String():                                         "ESME_ROK",
		Status(0x400).String():                                    "status(0x00000400)",
		CmdSubmitSMResp.String():                                  "submit_sm_resp",
		CmdGenericNack.String():                                   "generic_nack",
		CommandID(0x99).String():                                  "command(0x00000099)",
		StateUndeliverable.String():                               "UNDELIV",
		MessageState(77).String():                                 "state(77)",
		(&StatusError{CmdSubmitSMResp, StatusInvDstAddr}).Error(): "smpp: submit_sm_resp: ESME_RINVDSTADR",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSegmentNeedsAllThreeParameters(t *testing.T) {
	s := Segment{Ref: 300, Total: 3, Seq: 2}
	if got, ok := s.TLVs().Segment(); !ok || got != s {
		t.Errorf("got %+v, %v", got, ok)
	}
	for i := range 3 {
		rest := append(append(TLVs{}, s.TLVs()[:i]...), s.TLVs()[i+1:]...)
		if _, ok := rest.Segment(); ok {
			t.Errorf("taken without 0x%04X", s.TLVs()[i].Tag)
		}
	}
	if _, ok := (Segment{Ref: 1, Total: 2, Seq: 3}).TLVs().Segment(); ok {
		t.Error("part 3 of 2")
	}
}

// The longest text a PDU can carry, made of nothing but beginnings of labels, costs no more than a few looks at each octet.
func TestReceiptTextIsReadInLinearTime(t *testing.T) {
	short, long := strings.Repeat("a ", 3000), strings.Repeat("a ", 30000)
	cost := func(text string) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			parseReceiptText([]byte(text))
			best = min(best, time.Since(began))
		}
		return best
	}
	if s, l := cost(short), cost(long); l > 40*s+time.Millisecond {
		t.Errorf("%v for ten times what takes %v", l, s)
	}
}
