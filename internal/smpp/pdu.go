package smpp

import (
	"encoding/binary"
)

const (
	// HeaderSize is the octets every PDU begins with: length, command, status, sequence (§3.2).
	HeaderSize = 16
	// MaxSize is the longest PDU read or written here. The standard sets no limit; nothing it defines needs more than
	// a message_payload just under this.
	MaxSize = 64 << 10
)

// PDU is one of the operations of §4, always a pointer to a struct of this package.
type PDU interface {
	Command() CommandID
	// Head is the PDU's status and sequence number, to read or set.
	Head() *Header
	// body reads or writes everything after the header, in wire order: one description serves both directions, so
	// that they cannot disagree.
	body(c *codec)
}

// Header is the part of a PDU's header that is not implied: command and length follow from the PDU itself.
type Header struct {
	Status   Status
	Sequence uint32
}

// Head returns h itself; it makes every struct that embeds a Header half a PDU.
func (h *Header) Head() *Header { return h }

// Append encodes p at the end of dst and returns the longer slice, like the append functions of the standard library.
// A field beyond the standard's limit is a *FieldError and leaves dst as it was; nothing is ever cut.
func Append(dst []byte, p PDU) ([]byte, error) {
	var c codec
	return c.encode(dst, p)
}

// Decode reads one whole PDU. The result keeps no reference to b. Errors are *LengthError, *CommandError (with the
// sequence, for a generic_nack) and *FieldError (with sequence and status, for a response).
//
// Where real carriers are sloppy it is lenient: any response may lack its body, and the message_id of a
// response may lack its NUL. All else is held to the standard.
func Decode(b []byte) (PDU, error) {
	var c codec
	return c.decode(b)
}

func (c *codec) encode(dst []byte, p PDU) ([]byte, error) {
	start, h := len(dst), p.Head()
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(p.Command()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Status))
	dst = binary.BigEndian.AppendUint32(dst, h.Sequence)
	*c = codec{buf: dst, writing: true, command: p.Command(), sequence: h.Sequence}
	p.body(c)
	out, size := c.buf, len(c.buf)-start
	c.buf = nil
	if size > MaxSize {
		c.fail("tlv", "does not fit: the PDU would exceed 65536 octets")
	}
	if c.err != nil {
		return out[:start], c.err
	}
	binary.BigEndian.PutUint32(out[start:], uint32(size))
	return out, nil
}

func (c *codec) decode(b []byte) (PDU, error) {
	if len(b) < HeaderSize || len(b) > MaxSize || binary.BigEndian.Uint32(b) != uint32(len(b)) {
		return nil, &LengthError{claimedLength(b)}
	}
	command, sequence := CommandID(binary.BigEndian.Uint32(b[4:])), binary.BigEndian.Uint32(b[12:])
	p := newPDU(command)
	if p == nil {
		return nil, &CommandError{command, sequence}
	}
	*p.Head() = Header{Status(binary.BigEndian.Uint32(b[8:])), sequence}
	*c = codec{buf: b, pos: HeaderSize, command: command, sequence: sequence}
	p.body(c)
	if c.pos != len(b) {
		c.fail("body", "is longer than its fields")
	}
	if c.err != nil {
		return nil, c.err
	}
	return p, nil
}

func claimedLength(b []byte) uint32 {
	if len(b) < 4 {
		return uint32(len(b))
	}
	return binary.BigEndian.Uint32(b)
}

// newPDU makes an empty PDU of the command, or nil where SMPP 3.4 has none.
func newPDU(c CommandID) PDU {
	if c.IsResponse() {
		return newResponse(c)
	}
	switch c {
	case CmdSubmitSM:
		return &SubmitSM{}
	case CmdDeliverSM:
		return &DeliverSM{}
	case CmdDataSM:
		return &DataSM{}
	case CmdEnquireLink:
		return &EnquireLink{}
	case CmdBindTransmitter, CmdBindReceiver, CmdBindTransceiver:
		return &Bind{Mode: BindMode(c)}
	case CmdUnbind:
		return &Unbind{}
	case CmdOutbind:
		return &Outbind{}
	case CmdSubmitMulti:
		return &SubmitMulti{}
	case CmdQuerySM:
		return &QuerySM{}
	case CmdCancelSM:
		return &CancelSM{}
	case CmdReplaceSM:
		return &ReplaceSM{}
	case CmdAlertNotification:
		return &AlertNotification{}
	}
	return nil
}

func newResponse(c CommandID) PDU {
	switch c {
	case CmdSubmitSMResp:
		return &SubmitSMResp{}
	case CmdDeliverSMResp:
		return &DeliverSMResp{}
	case CmdDataSMResp:
		return &DataSMResp{}
	case CmdEnquireLinkResp:
		return &EnquireLinkResp{}
	case CmdBindTransmitterResp, CmdBindReceiverResp, CmdBindTransceiverResp:
		return &BindResp{Mode: BindMode(c &^ responseBit)}
	case CmdUnbindResp:
		return &UnbindResp{}
	case CmdSubmitMultiResp:
		return &SubmitMultiResp{}
	case CmdQuerySMResp:
		return &QuerySMResp{}
	case CmdCancelSMResp:
		return &CancelSMResp{}
	case CmdReplaceSMResp:
		return &ReplaceSMResp{}
	case CmdGenericNack:
		return &GenericNack{}
	}
	return nil
}

// NewResponse is the empty response to a request, with its sequence number and the given status. What has no response
// (outbind, alert_notification, another response) gets a generic_nack.
func NewResponse(req PDU, status Status) PDU {
	return responseTo(req.Command(), req.Head().Sequence, status)
}

func responseTo(c CommandID, sequence uint32, status Status) PDU {
	var resp PDU
	if !c.IsResponse() {
		resp = newResponse(c.Response())
	}
	if resp == nil {
		resp = &GenericNack{}
	}
	*resp.Head() = Header{status, sequence}
	return resp
}
