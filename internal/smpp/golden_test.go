package smpp

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// octetsOf reads hex written for people: blanks between octets, "; …" a comment to the end of the line.
func octetsOf(t testing.TB, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, ";")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden are PDUs written out by hand from the field tables of §4.
var golden = []struct {
	name string
	pdu  PDU
	hex  string
}{
	{"bind_transceiver", &Bind{
		Header: Header{Sequence: 1}, Mode: Transceiver, SystemID: "esme", Password: "secret", SystemType: "VMS",
		InterfaceVersion: InterfaceVersion, AddressRange: Address{TONInternational, NPIISDN, ""},
	}, `
		00 00 00 24  00 00 00 09  00 00 00 00  00 00 00 01
		65 73 6D 65 00        ; system_id "esme"
		73 65 63 72 65 74 00  ; password "secret"
		56 4D 53 00           ; system_type "VMS"
		34                    ; interface_version 3.4
		01 01 00              ; addr_ton, addr_npi, address_range ""
	`},
	{"bind_receiver_resp", &BindResp{
		Header: Header{Sequence: 7}, Mode: Receiver, SystemID: "smsc", TLVs: TLVs{{TagSCInterfaceVersion, []byte{0x34}}},
	}, `
		00 00 00 1A  80 00 00 01  00 00 00 00  00 00 00 07
		73 6D 73 63 00     ; system_id "smsc"
		02 10 00 01 34     ; sc_interface_version, 1 octet, 3.4
	`},
	{"bind_transmitter_resp refused", &BindResp{Header: Header{StatusInvPassword, 2}, Mode: Transmitter}, `
		00 00 00 10  80 00 00 02  00 00 00 0E  00 00 00 02   ; ESME_RINVPASWD, no body
	`},
	{"submit_sm", &SubmitSM{Header: Header{Sequence: 0x2A}, Message: Message{
		ServiceType: "CMT", Source: Address{TONAlphanumeric, NPIUnknown, "Shop"}, Dest: Address{TONInternational, NPIISDN, "77010001122"},
		ESMClass: ESMFeatureUDHI, ProtocolID: 0, Priority: 1, ScheduleDeliveryTime: "", ValidityPeriod: "000001000000000R",
		RegisteredDelivery: ReceiptFinal, DataCoding: CodingUCS2, ShortMessage: []byte{5, 0, 3, 9, 2, 1, 4, 0x1F},
		TLVs: TLVs{{TagUserMessageReference, []byte{0, 1}}, {0x1400, nil}, {TagUserMessageReference, []byte{0, 2}}},
	}}, `
		00 00 00 5B  00 00 00 04  00 00 00 00  00 00 00 2A
		43 4D 54 00                           ; service_type "CMT"
		05 00 53 68 6F 70 00                  ; source: alphanumeric "Shop"
		01 01 37 37 30 31 30 30 30 31 31 32 32 00 ; destination: international, ISDN, "77010001122"
		40 00 01                              ; esm_class UDHI, protocol_id, priority_flag
		00                                    ; schedule_delivery_time, at once
		30 30 30 30 30 31 30 30 30 30 30 30 30 30 30 52 00 ; validity_period, one day
		01 00 08 00                           ; registered_delivery, replace_if_present, data_coding, default id
		08                                    ; sm_length
		05 00 03 09 02 01 04 1F               ; UDH: part 1 of 2, reference 9; U+041F
		02 04 00 02 00 01                     ; user_message_reference 1
		14 00 00 00                           ; a carrier's own, empty
		02 04 00 02 00 02                     ; user_message_reference again
	`},
	{"submit_sm_resp", &SubmitSMResp{Header: Header{Sequence: 0x2A}, MessageID: "1f3c"}, `
		00 00 00 15  80 00 00 04  00 00 00 00  00 00 00 2A
		31 66 33 63 00   ; message_id "1f3c"
	`},
	{"deliver_sm", &DeliverSM{Header: Header{Sequence: 3}, Message: Message{
		Source: Address{TONInternational, NPIISDN, "7701"}, Dest: Address{Addr: "Shop"}, ESMClass: ESMTypeReceipt, ShortMessage: []byte("id:9"),
		TLVs: TLVs{StringTLV(TagReceiptedMessageID, "9"), ByteTLV(TagMessageState, 2)},
	}}, `
		00 00 00 38  00 00 00 05  00 00 00 00  00 00 00 03
		00                     ; service_type
		01 01 37 37 30 31 00   ; source
		00 00 53 68 6F 70 00   ; destination
		04 00 00               ; esm_class receipt, protocol_id, priority_flag
		00 00                  ; schedule_delivery_time, validity_period
		00 00 00 00            ; registered_delivery, replace_if_present, data_coding, default id
		04 69 64 3A 39         ; sm_length, short_message "id:9"
		00 1E 00 02 39 00      ; receipted_message_id "9"
		04 27 00 01 02         ; message_state DELIVERED
	`},
	{"deliver_sm_resp", &DeliverSMResp{Header: Header{Sequence: 3}}, `
		00 00 00 11  80 00 00 05  00 00 00 00  00 00 00 03
		00   ; message_id, unused
	`},
	{"data_sm", &DataSM{
		Header: Header{Sequence: 4}, Source: Address{Addr: "1"}, Dest: Address{TONInternational, NPIISDN, "2"},
		RegisteredDelivery: ReceiptOnFailure, DataCoding: CodingBinary, TLVs: TLVs{{TagMessagePayload, []byte("hi")}},
	}, `
		00 00 00 22  00 00 01 03  00 00 00 00  00 00 00 04
		00             ; service_type
		00 00 31 00    ; source "1"
		01 01 32 00    ; destination "2"
		00 02 04       ; esm_class, registered_delivery on failure, data_coding 8-bit
		04 24 00 02 68 69 ; message_payload "hi"
	`},
	{"data_sm_resp", &DataSMResp{Header: Header{Sequence: 4}, MessageID: "a", TLVs: TLVs{ByteTLV(TagDpfResult, 1)}}, `
		00 00 00 17  80 00 01 03  00 00 00 00  00 00 00 04
		61 00 04 20 00 01 01 ; message_id "a", dpf_result 1
	`},
	{"submit_multi", &SubmitMulti{
		Header: Header{Sequence: 5}, Source: Address{Addr: "S"}, ShortMessage: []byte("x"),
		Dests: []Destination{{Addr: Address{TONInternational, NPIISDN, "7"}}, {List: "L"}},
	}, `
		00 00 00 29  00 00 00 21  00 00 00 00  00 00 00 05
		00             ; service_type
		00 00 53 00    ; source "S"
		02             ; number_of_dests
		01 01 01 37 00 ; an address: international, ISDN, "7"
		02 4C 00       ; a list: "L"
		00 00 00 00 00 00 00 00 00 ; esm_class … sm_default_msg_id
		01 78          ; sm_length, "x"
	`},
	{"submit_multi_resp", &SubmitMultiResp{
		Header: Header{Sequence: 5}, MessageID: "m", Unsuccessful: []UnsuccessfulDest{{Address{TONInternational, NPIISDN, "7"}, StatusInvDstAddr}},
	}, `
		00 00 00 1B  80 00 00 21  00 00 00 00  00 00 00 05
		6D 00                      ; message_id "m"
		01                         ; no_unsuccess
		01 01 37 00 00 00 00 0B    ; "7", ESME_RINVDSTADR
	`},
	{"query_sm", &QuerySM{Header: Header{Sequence: 6}, MessageID: "m", Source: Address{Addr: "S"}}, `
		00 00 00 16  00 00 00 03  00 00 00 00  00 00 00 06
		6D 00 00 00 53 00
	`},
	{"query_sm_resp", &QuerySMResp{Header: Header{Sequence: 6}, MessageID: "m", FinalDate: "261101120000000+", State: StateDelivered, ErrorCode: 1}, `
		00 00 00 25  80 00 00 03  00 00 00 00  00 00 00 06
		6D 00                                             ; message_id
		32 36 31 31 30 31 31 32 30 30 30 30 30 30 30 2B 00 ; final_date
		02 01                                             ; DELIVERED, error_code 1
	`},
	{"cancel_sm", &CancelSM{Header: Header{Sequence: 8}, MessageID: "m", Source: Address{Addr: "S"}, Dest: Address{Addr: "D"}}, `
		00 00 00 1B  00 00 00 08  00 00 00 00  00 00 00 08
		00 6D 00 00 00 53 00 00 00 44 00
	`},
	{"cancel_sm_resp", &CancelSMResp{Header{StatusCancelFail, 8}}, `00 00 00 10  80 00 00 08  00 00 00 11  00 00 00 08`},
	{"replace_sm", &ReplaceSM{Header: Header{Sequence: 9}, MessageID: "m", Source: Address{Addr: "S"}, RegisteredDelivery: 1, ShortMessage: []byte("y")}, `
		00 00 00 1C  00 00 00 07  00 00 00 00  00 00 00 09
		6D 00 00 00 53 00  00 00  01 00  01 79
	`},
	{"replace_sm_resp", &ReplaceSMResp{Header{0, 9}}, `00 00 00 10  80 00 00 07  00 00 00 00  00 00 00 09`},
	{"outbind", &Outbind{SystemID: "c", Password: "p"}, `00 00 00 14  00 00 00 0B  00 00 00 00  00 00 00 00  63 00 70 00`},
	{"unbind", &Unbind{Header{0, 10}}, `00 00 00 10  00 00 00 06  00 00 00 00  00 00 00 0A`},
	{"unbind_resp", &UnbindResp{Header{0, 10}}, `00 00 00 10  80 00 00 06  00 00 00 00  00 00 00 0A`},
	{"enquire_link", &EnquireLink{Header{0, 11}}, `00 00 00 10  00 00 00 15  00 00 00 00  00 00 00 0B`},
	{"enquire_link_resp", &EnquireLinkResp{Header{0, 11}}, `00 00 00 10  80 00 00 15  00 00 00 00  00 00 00 0B`},
	{"generic_nack", &GenericNack{Header{StatusInvCmdID, 12}}, `00 00 00 10  80 00 00 00  00 00 00 03  00 00 00 0C`},
	{"alert_notification", &AlertNotification{
		Header: Header{Sequence: 13}, Source: Address{TONInternational, NPIISDN, "7"}, ESME: Address{Addr: "S"},
		TLVs: TLVs{ByteTLV(TagMsAvailabilityStatus, 0)},
	}, `
		00 00 00 1D  00 00 01 02  00 00 00 00  00 00 00 0D
		01 01 37 00  00 00 53 00  04 22 00 01 00
	`},
}

func TestPDUsAreTheOctetsOfTheStandard(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			want := octetsOf(t, g.hex)
			got, err := Append([]byte("kept"), g.pdu)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, append([]byte("kept"), want...)) {
				t.Errorf("encoded\n% X, want\n% X", got[4:], want)
			}
			back, err := Decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, g.pdu) {
				t.Errorf("decoded\n%+v, want\n%+v", back, g.pdu)
			}
		})
	}
}

func TestEveryCommandHasAGoldenExample(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range golden {
		seen[strings.TrimPrefix(reflect.TypeOf(g.pdu).String(), "*")] = true
	}
	for c := range CommandID(0x200) {
		for _, p := range []PDU{newPDU(c), newPDU(c.Response())} {
			if p != nil && !seen[reflect.TypeOf(p).Elem().String()] {
				t.Errorf("%s has none", p.Command())
			}
		}
	}
}

func TestSloppyResponsesAreUnderstood(t *testing.T) {
	for name, tc := range map[string]struct {
		hex  string
		want PDU
	}{
		"failed, no body": {`00000010 80000004 00000058 00000001`, &SubmitSMResp{Header: Header{StatusThrottled, 1}}},
		"ok, no body":     {`00000010 80000005 00000000 00000001`, &DeliverSMResp{Header: Header{0, 1}}},
		"id without NUL":  {`00000012 80000004 00000000 00000001 6162`, &SubmitSMResp{Header: Header{0, 1}, MessageID: "ab"}},
	} {
		got, err := Decode(octetsOf(t, tc.hex))
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
