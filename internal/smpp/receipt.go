package smpp

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

var (
	// ErrNotReceipt: the deliver_sm is a message from a handset, not a receipt.
	ErrNotReceipt = errors.New("smpp: not a delivery receipt")
	// ErrBadReceipt: the deliver_sm says that it is a receipt, but names no message or no state.
	ErrBadReceipt = errors.New("smpp: unreadable delivery receipt")
)

// Receipt is what an SMSC reports of a message (Appendix B). Fields the carrier left out are zero.
type Receipt struct {
	MessageID    string // as given: carriers differ in case, base and leading zeros from their submit_sm_resp
	State        MessageState
	Intermediate bool      // an intermediate notification: more will follow
	Submitted    int       // "sub"
	Delivered    int       // "dlvrd"
	SubmitDate   time.Time // the carrier's local time, which it does not name: read as UTC
	DoneDate     time.Time
	Err          string // the network's error, as given
	Text         string // the first characters of the message, as octets
	Network      NetworkError
}

// ParseReceipt reads a receipt from its TLVs (receipted_message_id, message_state, network_error_code) and its
// text; where both speak of the same thing the TLV wins. A deliver_sm is a receipt if its esm_class or a
// receipted_message_id says so, never by its text alone: any handset can write a text that looks like one.
func ParseReceipt(d *DeliverSM) (Receipt, error) {
	id, hasID := d.TLVs.Text(TagReceiptedMessageID)
	kind := d.ESMClass.Type()
	if kind != ESMTypeReceipt && kind != ESMTypeIntermediate && !hasID {
		return Receipt{}, ErrNotReceipt
	}
	r := parseReceiptText(d.Payload())
	r.Intermediate = kind == ESMTypeIntermediate
	if id != "" {
		r.MessageID = id
	}
	if state, ok := d.TLVs.Byte(TagMessageState); ok && state != 0 {
		r.State = MessageState(state)
	}
	r.Network, _ = d.TLVs.NetworkError()
	switch {
	case r.MessageID == "":
		return r, fmt.Errorf("%w: no message id", ErrBadReceipt)
	case r.State == 0:
		return r, fmt.Errorf("%w: no state", ErrBadReceipt)
	}
	return r, nil
}

// receiptTextMax is how much of the message a receipt repeats (Appendix B, table B-1).
const receiptTextMax = 20

// AppendReceipt appends the text of Appendix B. The dates are written as their own zone shows them, to the minute.
func AppendReceipt(dst []byte, r *Receipt) []byte {
	dst = append(append(dst, "id:"...), r.MessageID...)
	dst = appendCount(append(dst, " sub:"...), r.Submitted)
	dst = appendCount(append(dst, " dlvrd:"...), r.Delivered)
	dst = r.SubmitDate.AppendFormat(append(dst, " submit date:"...), "0601021504")
	dst = r.DoneDate.AppendFormat(append(dst, " done date:"...), "0601021504")
	dst = append(append(dst, " stat:"...), r.State.String()...)
	dst = append(append(dst, " err:"...), r.Err...)
	dst = append(dst, " text:"...)
	return append(dst, r.Text[:min(len(r.Text), receiptTextMax)]...)
}

// appendCount writes three digits; more than 999 parts read as 999.
func appendCount(dst []byte, n int) []byte {
	n = min(max(n, 0), 999)
	if n < 100 {
		dst = append(dst, '0')
	}
	if n < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// TLVs are receipted_message_id and message_state, for the SMSC's side.
func (r *Receipt) TLVs() TLVs {
	return TLVs{StringTLV(TagReceiptedMessageID, r.MessageID), ByteTLV(TagMessageState, byte(r.State))}
}
