package smpp

import "fmt"

// CommandID names an operation (§5.1.2.1). A response has its request's number with the top bit set.
type CommandID uint32

const responseBit CommandID = 0x80000000

const (
	CmdBindReceiver      CommandID = 0x00000001
	CmdBindTransmitter   CommandID = 0x00000002
	CmdQuerySM           CommandID = 0x00000003
	CmdSubmitSM          CommandID = 0x00000004
	CmdDeliverSM         CommandID = 0x00000005
	CmdUnbind            CommandID = 0x00000006
	CmdReplaceSM         CommandID = 0x00000007
	CmdCancelSM          CommandID = 0x00000008
	CmdBindTransceiver   CommandID = 0x00000009
	CmdOutbind           CommandID = 0x0000000B
	CmdEnquireLink       CommandID = 0x00000015
	CmdSubmitMulti       CommandID = 0x00000021
	CmdAlertNotification CommandID = 0x00000102
	CmdDataSM            CommandID = 0x00000103

	CmdGenericNack         CommandID = 0x80000000
	CmdBindReceiverResp    CommandID = 0x80000001
	CmdBindTransmitterResp CommandID = 0x80000002
	CmdQuerySMResp         CommandID = 0x80000003
	CmdSubmitSMResp        CommandID = 0x80000004
	CmdDeliverSMResp       CommandID = 0x80000005
	CmdUnbindResp          CommandID = 0x80000006
	CmdReplaceSMResp       CommandID = 0x80000007
	CmdCancelSMResp        CommandID = 0x80000008
	CmdBindTransceiverResp CommandID = 0x80000009
	CmdEnquireLinkResp     CommandID = 0x80000015
	CmdSubmitMultiResp     CommandID = 0x80000021
	CmdDataSMResp          CommandID = 0x80000103
)

// IsResponse reports whether the command answers another; generic_nack does.
func (c CommandID) IsResponse() bool { return c&responseBit != 0 }

// Response is the command that answers c. Only requests that have an answer give a meaningful one.
func (c CommandID) Response() CommandID { return c | responseBit }

// String is the standard's name, "submit_sm_resp".
func (c CommandID) String() string {
	if c == CmdGenericNack {
		return "generic_nack"
	}
	name := requestName(c &^ responseBit)
	switch {
	case name == "":
		return fmt.Sprintf("command(0x%08X)", uint32(c))
	case c.IsResponse():
		return name + "_resp"
	default:
		return name
	}
}

func requestName(c CommandID) string {
	switch c {
	case CmdBindReceiver:
		return "bind_receiver"
	case CmdBindTransmitter:
		return "bind_transmitter"
	case CmdBindTransceiver:
		return "bind_transceiver"
	case CmdOutbind:
		return "outbind"
	case CmdUnbind:
		return "unbind"
	case CmdSubmitSM:
		return "submit_sm"
	case CmdSubmitMulti:
		return "submit_multi"
	case CmdDeliverSM:
		return "deliver_sm"
	case CmdDataSM:
		return "data_sm"
	case CmdQuerySM:
		return "query_sm"
	case CmdCancelSM:
		return "cancel_sm"
	case CmdReplaceSM:
		return "replace_sm"
	case CmdEnquireLink:
		return "enquire_link"
	case CmdAlertNotification:
		return "alert_notification"
	}
	return ""
}
