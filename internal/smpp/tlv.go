package smpp

import (
	"bytes"
	"encoding/binary"
)

// Tags of the optional parameters of SMPP 3.4 (§5.3.2).
const (
	TagDestAddrSubunit          uint16 = 0x0005
	TagDestNetworkType          uint16 = 0x0006
	TagDestBearerType           uint16 = 0x0007
	TagDestTelematicsID         uint16 = 0x0008
	TagSourceAddrSubunit        uint16 = 0x000D
	TagSourceNetworkType        uint16 = 0x000E
	TagSourceBearerType         uint16 = 0x000F
	TagSourceTelematicsID       uint16 = 0x0010
	TagQosTimeToLive            uint16 = 0x0017
	TagPayloadType              uint16 = 0x0019
	TagAdditionalStatusInfoText uint16 = 0x001D
	TagReceiptedMessageID       uint16 = 0x001E
	TagMsMsgWaitFacilities      uint16 = 0x0030
	TagPrivacyIndicator         uint16 = 0x0201
	TagSourceSubaddress         uint16 = 0x0202
	TagDestSubaddress           uint16 = 0x0203
	TagUserMessageReference     uint16 = 0x0204
	TagUserResponseCode         uint16 = 0x0205
	TagSourcePort               uint16 = 0x020A
	TagDestinationPort          uint16 = 0x020B
	TagSarMsgRefNum             uint16 = 0x020C
	TagLanguageIndicator        uint16 = 0x020D
	TagSarTotalSegments         uint16 = 0x020E
	TagSarSegmentSeqnum         uint16 = 0x020F
	TagSCInterfaceVersion       uint16 = 0x0210
	TagCallbackNumPresInd       uint16 = 0x0302
	TagCallbackNumAtag          uint16 = 0x0303
	TagNumberOfMessages         uint16 = 0x0304
	TagCallbackNum              uint16 = 0x0381
	TagDpfResult                uint16 = 0x0420
	TagSetDpf                   uint16 = 0x0421
	TagMsAvailabilityStatus     uint16 = 0x0422
	TagNetworkErrorCode         uint16 = 0x0423
	TagMessagePayload           uint16 = 0x0424
	TagDeliveryFailureReason    uint16 = 0x0425
	TagMoreMessagesToSend       uint16 = 0x0426
	TagMessageState             uint16 = 0x0427
	TagUssdServiceOp            uint16 = 0x0501
	TagDisplayTime              uint16 = 0x1201
	TagSmsSignal                uint16 = 0x1203
	TagMsValidity               uint16 = 0x1204
	TagAlertOnMessageDelivery   uint16 = 0x130C
	TagItsReplyType             uint16 = 0x1380
	TagItsSessionInfo           uint16 = 0x1383
)

// TLV is one optional parameter (§3.2.4.1): a tag and up to 65535 octets whose meaning the tag gives. Tags nobody
// knows are carried like any other: carriers have tags of their own.
type TLV struct {
	Tag   uint16
	Value []byte
}

// TLVs are a PDU's optional parameters in the order of the wire, repeated ones included.
type TLVs []TLV

// ByteTLV is a parameter of one octet, such as message_state.
func ByteTLV(tag uint16, v byte) TLV { return TLV{tag, []byte{v}} }

// Uint16TLV is a parameter of two octets, such as sar_msg_ref_num.
func Uint16TLV(tag, v uint16) TLV { return TLV{tag, binary.BigEndian.AppendUint16(nil, v)} }

// StringTLV is a C-octet string, such as receipted_message_id; its NUL is added here.
func StringTLV(tag uint16, s string) TLV { return TLV{tag, append([]byte(s), 0)} }

// Get returns the value of the first parameter with this tag.
func (t TLVs) Get(tag uint16) (value []byte, ok bool) {
	for i := range t {
		if t[i].Tag == tag {
			return t[i].Value, true
		}
	}
	return nil, false
}

// Byte returns a parameter of one octet; one of any other length counts as absent.
func (t TLVs) Byte(tag uint16) (v byte, ok bool) {
	value, ok := t.Get(tag)
	if !ok || len(value) != 1 {
		return 0, false
	}
	return value[0], true
}

// Uint16 returns a parameter of two octets; one of any other length counts as absent.
func (t TLVs) Uint16(tag uint16) (v uint16, ok bool) {
	value, ok := t.Get(tag)
	if !ok || len(value) != 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(value), true
}

// Text returns a C-octet string up to its NUL, or whole: some carriers leave the NUL out.
func (t TLVs) Text(tag uint16) (s string, ok bool) {
	value, ok := t.Get(tag)
	if !ok {
		return "", false
	}
	value, _, _ = bytes.Cut(value, []byte{0})
	return string(value), true
}

// Segment is a part's place in a concatenated message, as the three sar_ parameters give it (§5.3.2.22 to 24).
type Segment struct {
	Ref   uint16
	Total byte
	Seq   byte // from 1
}

// Segment returns the sar_ parameters; ok only when all three are there and agree.
func (t TLVs) Segment() (s Segment, ok bool) {
	ref, hasRef := t.Uint16(TagSarMsgRefNum)
	total, hasTotal := t.Byte(TagSarTotalSegments)
	seq, hasSeq := t.Byte(TagSarSegmentSeqnum)
	if !hasRef || !hasTotal || !hasSeq || seq == 0 || seq > total {
		return Segment{}, false
	}
	return Segment{ref, total, seq}, true
}

// TLVs are the three sar_ parameters that say s.
func (s Segment) TLVs() TLVs {
	return TLVs{
		Uint16TLV(TagSarMsgRefNum, s.Ref),
		ByteTLV(TagSarTotalSegments, s.Total),
		ByteTLV(TagSarSegmentSeqnum, s.Seq),
	}
}

// NetworkError is network_error_code (§5.3.2.31): 1 ANSI-136, 2 IS-95, 3 GSM, 4 reserved, then the network's own code.
type NetworkError struct {
	Network byte
	Code    uint16
}

// NetworkError returns network_error_code.
func (t TLVs) NetworkError() (e NetworkError, ok bool) {
	v, ok := t.Get(TagNetworkErrorCode)
	if !ok || len(v) != 3 {
		return NetworkError{}, false
	}
	return NetworkError{v[0], binary.BigEndian.Uint16(v[1:])}, true
}
