package smpp

import "fmt"

// InterfaceVersion is what a bind says of the protocol it speaks: 3.4 (§5.2.4).
const InterfaceVersion = 0x34

// TON is the type of an address (§5.2.5).
type TON byte

const (
	TONUnknown       TON = 0
	TONInternational TON = 1
	TONNational      TON = 2
	TONNetwork       TON = 3
	TONSubscriber    TON = 4
	TONAlphanumeric  TON = 5
	TONAbbreviated   TON = 6
)

// NPI is an address's numbering plan (§5.2.6).
type NPI byte

const (
	NPIUnknown    NPI = 0
	NPIISDN       NPI = 1 // E.163, E.164
	NPIData       NPI = 3 // X.121
	NPITelex      NPI = 4 // F.69
	NPILandMobile NPI = 6 // E.212
	NPINational   NPI = 8
	NPIPrivate    NPI = 9
	NPIERMES      NPI = 10
	NPIInternet   NPI = 14
	NPIWAP        NPI = 18
)

// Address is one end of a message: its type, plan, and up to 20 characters (64 in data_sm and alert_notification).
type Address struct {
	TON  TON
	NPI  NPI
	Addr string
}

// ESMClass tells a message's mode, type and features (§5.2.12).
type ESMClass byte

const (
	ESMModeDefault      ESMClass = 0x00 // the SMSC's own, usually store and forward
	ESMModeDatagram     ESMClass = 0x01
	ESMModeTransaction  ESMClass = 0x02
	ESMModeStoreForward ESMClass = 0x03

	ESMTypeDefault      ESMClass = 0x00
	ESMTypeReceipt      ESMClass = 0x04 // SMSC delivery receipt
	ESMTypeDeliveryAck  ESMClass = 0x08 // the handset's own acknowledgement
	ESMTypeManualAck    ESMClass = 0x10
	ESMTypeConversation ESMClass = 0x18 // conversation abort, Korean CDMA
	ESMTypeIntermediate ESMClass = 0x20 // intermediate notification

	ESMFeatureUDHI      ESMClass = 0x40 // the text begins with a user data header
	ESMFeatureReplyPath ESMClass = 0x80

	esmTypeMask ESMClass = 0x3C
)

// Type is the message type alone, one of the ESMType constants.
func (c ESMClass) Type() ESMClass { return c & esmTypeMask }

// UDHI reports whether the text begins with a user data header (3GPP TS 23.040 §9.2.3.24).
func (c ESMClass) UDHI() bool { return c&ESMFeatureUDHI != 0 }

// RegisteredDelivery says which reports the sender asks for (§5.2.17).
type RegisteredDelivery byte

const (
	ReceiptNever     RegisteredDelivery = 0x00
	ReceiptFinal     RegisteredDelivery = 0x01 // on success and on failure
	ReceiptOnFailure RegisteredDelivery = 0x02

	ReceiptDeliveryAck  RegisteredDelivery = 0x04
	ReceiptManualAck    RegisteredDelivery = 0x08
	ReceiptIntermediate RegisteredDelivery = 0x10

	receiptMask RegisteredDelivery = 0x03
)

// Receipt is what is asked of the SMSC itself: ReceiptNever, ReceiptFinal or ReceiptOnFailure.
func (r RegisteredDelivery) Receipt() RegisteredDelivery { return r & receiptMask }

// DataCoding is how a text's octets are to be read (§5.2.19, 3GPP TS 23.038 §4).
type DataCoding byte

const (
	CodingDefault    DataCoding = 0x00 // the SMSC's default alphabet, as a rule GSM-7 one character per octet
	CodingASCII      DataCoding = 0x01 // IA5
	CodingOctets     DataCoding = 0x02 // 8-bit binary
	CodingLatin1     DataCoding = 0x03
	CodingBinary     DataCoding = 0x04 // 8-bit binary
	CodingCyrillic   DataCoding = 0x06 // ISO-8859-5
	CodingHebrew     DataCoding = 0x07 // ISO-8859-8
	CodingUCS2       DataCoding = 0x08 // UTF-16, big endian
	CodingFlash      DataCoding = 0x10 // default alphabet, message class 0: shown at once, not stored
	CodingFlashUCS2  DataCoding = 0x18
	CodingClass1     DataCoding = 0x11
	CodingClass1UCS2 DataCoding = 0x19
)

// MessageState is where a message stands (§5.2.28).
type MessageState byte

const (
	StateEnroute       MessageState = 1
	StateDelivered     MessageState = 2
	StateExpired       MessageState = 3
	StateDeleted       MessageState = 4
	StateUndeliverable MessageState = 5
	StateAccepted      MessageState = 6
	StateUnknown       MessageState = 7
	StateRejected      MessageState = 8
)

// Final reports whether the SMSC will say no more of the message.
func (s MessageState) Final() bool {
	switch s {
	case StateDelivered, StateExpired, StateDeleted, StateUndeliverable, StateRejected:
		return true
	}
	return false
}

// String is the word a receipt's text has for the state (Appendix B, table B-2): "DELIVRD".
func (s MessageState) String() string {
	switch s {
	case StateEnroute:
		return "ENROUTE"
	case StateDelivered:
		return "DELIVRD"
	case StateExpired:
		return "EXPIRED"
	case StateDeleted:
		return "DELETED"
	case StateUndeliverable:
		return "UNDELIV"
	case StateAccepted:
		return "ACCEPTD"
	case StateUnknown:
		return "UNKNOWN"
	case StateRejected:
		return "REJECTD"
	}
	return fmt.Sprintf("state(%d)", byte(s))
}
