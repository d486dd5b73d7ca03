package smpp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Generators of what the standard allows, to its limits. Empty octet strings are nil, as Decode makes them.

func genText(size int) *rapid.Generator[string] {
	return rapid.StringMatching(fmt.Sprintf("[\\x01-\\x7e]{0,%d}", size-1))
}

func genOctets(longest int) *rapid.Generator[[]byte] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, longest), func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		return b
	})
}

func genTime() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[0-9]{15}[+R-]`))
}

func genAddress(size int) *rapid.Generator[Address] {
	return rapid.Custom(func(t *rapid.T) Address {
		return Address{TON(rapid.Byte().Draw(t, "ton")), NPI(rapid.Byte().Draw(t, "npi")), genText(size).Draw(t, "addr")}
	})
}

func genTLVs() *rapid.Generator[TLVs] {
	one := rapid.Custom(func(t *rapid.T) TLV {
		return TLV{rapid.Uint16().Draw(t, "tag"), genOctets(300).Draw(t, "value")}
	})
	return rapid.Map(rapid.SliceOfN(one, 0, 6), func(list []TLV) TLVs {
		if len(list) == 0 {
			return nil
		}
		return list
	})
}

func genMessage(t *rapid.T) Message {
	b := func(name string) byte { return rapid.Byte().Draw(t, name) }
	return Message{
		ServiceType: genText(6).Draw(t, "service"), Source: genAddress(21).Draw(t, "source"), Dest: genAddress(21).Draw(t, "dest"),
		ESMClass: ESMClass(b("esm")), ProtocolID: b("pid"), Priority: b("priority"),
		ScheduleDeliveryTime: genTime().Draw(t, "schedule"), ValidityPeriod: genTime().Draw(t, "validity"),
		RegisteredDelivery: RegisteredDelivery(b("registered")), ReplaceIfPresent: b("replace"), DataCoding: DataCoding(b("coding")),
		DefaultMsgID: b("default"), ShortMessage: genOctets(maxShortMessage).Draw(t, "text"), TLVs: genTLVs().Draw(t, "tlvs"),
	}
}

func genPDU(t *rapid.T) PDU {
	h := Header{Status(rapid.Uint32().Draw(t, "status")), rapid.Uint32().Draw(t, "sequence")}
	id, tlvs := genText(65), genTLVs()
	mode := rapid.SampledFrom([]BindMode{Transmitter, Receiver, Transceiver})
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return &SubmitSM{h, genMessage(t)}
	case 1:
		return &DeliverSM{h, genMessage(t)}
	case 2:
		return &SubmitSMResp{h, id.Draw(t, "id"), tlvs.Draw(t, "tlvs")}
	case 3:
		return &DataSM{
			Header: h, ServiceType: genText(6).Draw(t, "service"), Source: genAddress(65).Draw(t, "source"),
			Dest: genAddress(65).Draw(t, "dest"), TLVs: tlvs.Draw(t, "tlvs"),
		}
	case 4:
		return &Bind{
			Header: h, Mode: mode.Draw(t, "mode"), SystemID: genText(16).Draw(t, "id"), Password: genText(9).Draw(t, "password"),
			SystemType: genText(13).Draw(t, "type"), AddressRange: genAddress(41).Draw(t, "range"),
		}
	case 5:
		return &BindResp{h, mode.Draw(t, "mode"), genText(16).Draw(t, "id"), tlvs.Draw(t, "tlvs")}
	case 6:
		return genMulti(t, h)
	case 7:
		return &SubmitMultiResp{h, id.Draw(t, "id"), nil, tlvs.Draw(t, "tlvs")}
	case 8:
		return &QuerySMResp{h, id.Draw(t, "id"), genTime().Draw(t, "date"), MessageState(rapid.Byte().Draw(t, "state")), 3}
	default:
		return &CancelSM{h, genText(6).Draw(t, "service"), id.Draw(t, "id"), genAddress(21).Draw(t, "source"), Address{}}
	}
}

func genMulti(t *rapid.T, h Header) PDU {
	dest := rapid.Custom(func(t *rapid.T) Destination {
		if list := genText(21).Draw(t, "list"); list != "" && rapid.Bool().Draw(t, "isList") {
			return Destination{List: list}
		}
		return Destination{Addr: genAddress(21).Draw(t, "addr")}
	})
	return &SubmitMulti{
		Header: h, Source: genAddress(21).Draw(t, "source"), Dests: rapid.SliceOfN(dest, 1, maxDests).Draw(t, "dests"),
		ShortMessage: genOctets(maxShortMessage).Draw(t, "text"), TLVs: genTLVs().Draw(t, "tlvs"),
	}
}

func TestDecodeUndoesAppend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genPDU(t)
		b, err := Append(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, p) {
			t.Fatalf("got\n%+v, want\n%+v", back, p)
		}
	})
}

func TestDecodedPDUSharesNothingWithItsOctets(t *testing.T) {
	for _, g := range golden {
		b := octetsOf(t, g.hex)
		p, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = 0xEE
		}
		if !reflect.DeepEqual(p, g.pdu) {
			t.Errorf("%s changed with its buffer", g.name)
		}
	}
}

func TestAppendRefusesWhatTheStandardForbids(t *testing.T) {
	long := strings.Repeat("1", 65)
	for field, p := range map[string]PDU{
		"system_id":              &Bind{Mode: Receiver, SystemID: long[:16]},
		"password":               &Bind{Mode: Receiver, Password: long[:9]},
		"source_addr":            &SubmitSM{Message: Message{Source: Address{Addr: long[:21]}}},
		"destination_addr":       &DataSM{Dest: Address{Addr: long}},
		"service_type":           &SubmitSM{Message: Message{ServiceType: "A\x00B"}},
		"schedule_delivery_time": &SubmitSM{Message: Message{ScheduleDeliveryTime: "tomorrow"}},
		"validity_period":        &ReplaceSM{ValidityPeriod: long[:17]},
		"short_message":          &DeliverSM{Message: Message{ShortMessage: make([]byte, 255)}},
		"message_id":             &SubmitSMResp{MessageID: long},
		"number_of_dests":        &SubmitMulti{Dests: make([]Destination, 255)},
		"dest_flag":              &SubmitMulti{Dests: []Destination{{Addr: Address{Addr: "1"}, List: "L"}}},
		"no_unsuccess":           &SubmitMultiResp{Unsuccessful: make([]UnsuccessfulDest, 256)},
		"tlv":                    &DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 1<<16)}}},
	} {
		got, err := Append([]byte("kept"), p)
		var bad *FieldError
		if !errors.As(err, &bad) || bad.Field != field || string(got) != "kept" {
			t.Errorf("%s: %q, %v", field, got, err)
		}
	}
	if _, err := Append(nil, &DataSM{TLVs: TLVs{{1, make([]byte, 40000)}, {1, make([]byte, 40000)}}}); err == nil {
		t.Error("a PDU of over 64 KiB was encoded")
	}
}

// hostile are octets that a peer with bad manners may send, and what the standard answers to them.
var hostile = []struct {
	name   string
	hex    string
	status Status // of the *FieldError; 0: another error
}{
	{"nothing", ``, 0},
	{"length only", `00000010`, 0},
	{"length below a header", `0000000F 00000015 00000000 00000001`, 0},
	{"length of 4 GiB", `FFFFFFFF 00000015 00000000 00000001`, 0},
	{"length of another PDU", `00000020 00000015 00000000 00000001`, 0},
	{"unknown command", `00000010 00000099 00000000 00000001`, 0},
	{"unknown response", `00000010 80000099 00000000 00000001`, 0},
	{"response bit on what has none", `00000010 8000000B 00000000 00000001`, 0},
	{"octets after an enquire_link", `00000011 00000015 00000000 00000001 00`, StatusInvCmdLen},
	{"bind without a body", `00000010 00000009 00000000 00000001`, StatusInvSystemID},
	{"system_id without an end", `00000014 00000009 00000000 00000001 41414141`, StatusInvSystemID},
	{"system_id too long", `00000023 00000009 00000000 00000001 4141414141414141414141414141414141 0000`, StatusInvSystemID},
	{"sm_length beyond the end", `00000023 00000004 00000000 00000001 00 000000 000000 000000 0000 00000000 FF 4141`, StatusInvMsgLen},
	{"sm_length over the text", `00000023 00000004 00000000 00000001 00 000000 000000 000000 0000 00000000 05 4141`, StatusInvMsgLen},
	{"validity_period of two characters", `00000023 00000004 00000000 00000001 00 000000 000000 000000 00 414100 00000000 00`, StatusInvExpiry},
	{"TLV beyond the end", `00000026 00000004 00000000 00000001 00 000000 000000 000000 0000 00000000 00 0424FFFF 41`, StatusInvOptParStream},
	{"half a TLV header", `00000023 00000004 00000000 00000001 00 000000 000000 000000 0000 00000000 00 0424`, StatusInvOptParStream},
	{"254 destinations claimed, none there", `00000015 00000021 00000000 00000001 00 000000 FE`, StatusInvDestFlag},
	{"no destinations", `00000015 00000021 00000000 00000001 00 000000 00`, StatusInvNumDests},
	{"destination of no kind", `00000016 00000021 00000000 00000001 00 000000 01 07`, StatusInvDestFlag},
	{"255 failures claimed, none there", `00000012 80000021 00000000 00000001 00 FF`, StatusInvCmdLen},
}

func TestHostileOctetsAreErrors(t *testing.T) {
	for _, h := range hostile {
		b := octetsOf(t, h.hex)
		p, err := Decode(b)
		if err == nil {
			t.Errorf("%s: decoded as %+v", h.name, p)
			continue
		}
		var bad *FieldError
		if errors.As(err, &bad) != (h.status != 0) || bad != nil && (bad.Status != h.status || bad.Sequence != 1) {
			t.Errorf("%s: %v (%+v), want %v", h.name, err, bad, h.status)
		}
	}
}

func TestDecodeAllocatesByWhatIsThereNotByWhatIsClaimed(t *testing.T) {
	// 16 000 empty parameters are the most that 64 KiB can hold: each costs its slice header and no more.
	b, err := Append(nil, &DataSM{TLVs: make(TLVs, 16000)})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = Decode(b) }); n > 4 {
		t.Errorf("%v allocations", n)
	}
}

func TestReaderStaysInStepAfterAPDUItCannotRead(t *testing.T) {
	enquire := octetsOf(t, `00000010 00000015 00000000 00000009`)
	for _, h := range hostile[5:] { // from here on the lengths are right
		stream := append(octetsOf(t, h.hex), enquire...)
		r := NewReader(iotest.OneByteReader(bytes.NewReader(stream)))
		if _, err := r.Read(); err == nil {
			t.Errorf("%s: no error", h.name)
		}
		if p, err := r.Read(); err != nil || p.Command() != CmdEnquireLink {
			t.Errorf("%s: then %v, %v", h.name, p, err)
		}
		if _, err := r.Read(); err != io.EOF {
			t.Errorf("%s: at the end %v", h.name, err)
		}
	}
}

func TestReaderTellsAnEndWithinAPDUFromOneBetween(t *testing.T) {
	whole := octetsOf(t, golden[3].hex)
	for cut := 1; cut < len(whole); cut++ {
		if _, err := NewReader(bytes.NewReader(whole[:cut])).Read(); err != io.ErrUnexpectedEOF {
			t.Fatalf("cut after %d octets: %v", cut, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add(octetsOf(f, g.hex))
	}
	for _, h := range hostile {
		f.Add(octetsOf(f, h.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 && len(b) <= MaxSize { // let the fuzzer past the first check
			binary.BigEndian.PutUint32(b, uint32(len(b)))
		}
		p, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Append(nil, p)
		if err != nil {
			t.Fatalf("%+v cannot be encoded: %v", p, err)
		}
		back, err := Decode(again)
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("got\n%+v, %v, want\n%+v", back, err, p)
		}
	})
}

func benchmarkMessage() *SubmitSM {
	return &SubmitSM{Message: Message{
		Source: Address{TONAlphanumeric, 0, "Heliograph"}, Dest: Address{TONInternational, NPIISDN, "77010001122"},
		ValidityPeriod: "000001000000000R", RegisteredDelivery: ReceiptFinal, ShortMessage: bytes.Repeat([]byte("a"), 120),
	}}
}

func BenchmarkSubmitSMEncode(b *testing.B) {
	p, buf := benchmarkMessage(), make([]byte, 0, 512)
	var c codec // as a session has one
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = c.encode(buf[:0], p)
	}
}

func BenchmarkSubmitSMDecode(b *testing.B) {
	octets, _ := Append(nil, benchmarkMessage())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Decode(octets)
	}
}
