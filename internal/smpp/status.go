package smpp

import "fmt"

// Status is command_status, the result a response carries (§5.1.3). Zero is success; requests carry zero.
type Status uint32

const (
	StatusOK                Status = 0x00 // ESME_ROK
	StatusInvMsgLen         Status = 0x01 // ESME_RINVMSGLEN
	StatusInvCmdLen         Status = 0x02 // ESME_RINVCMDLEN
	StatusInvCmdID          Status = 0x03 // ESME_RINVCMDID
	StatusInvBindStatus     Status = 0x04 // ESME_RINVBNDSTS
	StatusAlreadyBound      Status = 0x05 // ESME_RALYBND
	StatusInvPriority       Status = 0x06 // ESME_RINVPRTFLG
	StatusInvRegDelivery    Status = 0x07 // ESME_RINVREGDLVFLG
	StatusSysErr            Status = 0x08 // ESME_RSYSERR
	StatusInvSrcAddr        Status = 0x0A // ESME_RINVSRCADR
	StatusInvDstAddr        Status = 0x0B // ESME_RINVDSTADR
	StatusInvMsgID          Status = 0x0C // ESME_RINVMSGID
	StatusBindFail          Status = 0x0D // ESME_RBINDFAIL
	StatusInvPassword       Status = 0x0E // ESME_RINVPASWD
	StatusInvSystemID       Status = 0x0F // ESME_RINVSYSID
	StatusCancelFail        Status = 0x11 // ESME_RCANCELFAIL
	StatusReplaceFail       Status = 0x13 // ESME_RREPLACEFAIL
	StatusMsgQueueFull      Status = 0x14 // ESME_RMSGQFUL
	StatusInvServiceType    Status = 0x15 // ESME_RINVSERTYP
	StatusInvNumDests       Status = 0x33 // ESME_RINVNUMDESTS
	StatusInvDLName         Status = 0x34 // ESME_RINVDLNAME
	StatusInvDestFlag       Status = 0x40 // ESME_RINVDESTFLAG
	StatusInvSubmitReplace  Status = 0x42 // ESME_RINVSUBREP
	StatusInvESMClass       Status = 0x43 // ESME_RINVESMCLASS
	StatusCannotSubmitDL    Status = 0x44 // ESME_RCNTSUBDL
	StatusSubmitFail        Status = 0x45 // ESME_RSUBMITFAIL
	StatusInvSrcTON         Status = 0x48 // ESME_RINVSRCTON
	StatusInvSrcNPI         Status = 0x49 // ESME_RINVSRCNPI
	StatusInvDstTON         Status = 0x50 // ESME_RINVDSTTON
	StatusInvDstNPI         Status = 0x51 // ESME_RINVDSTNPI
	StatusInvSystemType     Status = 0x53 // ESME_RINVSYSTYP
	StatusInvReplaceFlag    Status = 0x54 // ESME_RINVREPFLAG
	StatusInvNumMsgs        Status = 0x55 // ESME_RINVNUMMSGS
	StatusThrottled         Status = 0x58 // ESME_RTHROTTLED
	StatusInvSchedule       Status = 0x61 // ESME_RINVSCHED
	StatusInvExpiry         Status = 0x62 // ESME_RINVEXPIRY
	StatusInvDefaultMsgID   Status = 0x63 // ESME_RINVDFTMSGID
	StatusReceiverTemporary Status = 0x64 // ESME_RX_T_APPN
	StatusReceiverPermanent Status = 0x65 // ESME_RX_P_APPN
	StatusReceiverReject    Status = 0x66 // ESME_RX_R_APPN
	StatusQueryFail         Status = 0x67 // ESME_RQUERYFAIL
	StatusInvOptParStream   Status = 0xC0 // ESME_RINVOPTPARSTREAM
	StatusOptParNotAllowed  Status = 0xC1 // ESME_ROPTPARNOTALLWD
	StatusInvParLen         Status = 0xC2 // ESME_RINVPARLEN
	StatusMissingOptParam   Status = 0xC3 // ESME_RMISSINGOPTPARAM
	StatusInvOptParamValue  Status = 0xC4 // ESME_RINVOPTPARAMVAL
	StatusDeliveryFailure   Status = 0xFE // ESME_RDELIVERYFAILURE
	StatusUnknownErr        Status = 0xFF // ESME_RUNKNOWNERR
)

// String is the standard's name, "ESME_RTHROTTLED"; a number the standard does not list, carriers have many, is given in hex.
func (s Status) String() string {
	if s < 0x48 {
		if name := lowStatusName(s); name != "" {
			return name
		}
	} else if name := highStatusName(s); name != "" {
		return name
	}
	return fmt.Sprintf("status(0x%08X)", uint32(s))
}

func lowStatusName(s Status) string {
	switch s {
	case StatusOK:
		return "ESME_ROK"
	case StatusInvMsgLen:
		return "ESME_RINVMSGLEN"
	case StatusInvCmdLen:
		return "ESME_RINVCMDLEN"
	case StatusInvCmdID:
		return "ESME_RINVCMDID"
	case StatusInvBindStatus:
		return "ESME_RINVBNDSTS"
	case StatusAlreadyBound:
		return "ESME_RALYBND"
	case StatusInvPriority:
		return "ESME_RINVPRTFLG"
	case StatusInvRegDelivery:
		return "ESME_RINVREGDLVFLG"
	case StatusSysErr:
		return "ESME_RSYSERR"
	case StatusInvSrcAddr:
		return "ESME_RINVSRCADR"
	case StatusInvDstAddr:
		return "ESME_RINVDSTADR"
	case StatusInvMsgID:
		return "ESME_RINVMSGID"
	case StatusBindFail:
		return "ESME_RBINDFAIL"
	case StatusInvPassword:
		return "ESME_RINVPASWD"
	case StatusInvSystemID:
		return "ESME_RINVSYSID"
	case StatusCancelFail:
		return "ESME_RCANCELFAIL"
	case StatusReplaceFail:
		return "ESME_RREPLACEFAIL"
	case StatusMsgQueueFull:
		return "ESME_RMSGQFUL"
	case StatusInvServiceType:
		return "ESME_RINVSERTYP"
	case StatusInvNumDests:
		return "ESME_RINVNUMDESTS"
	case StatusInvDLName:
		return "ESME_RINVDLNAME"
	case StatusInvDestFlag:
		return "ESME_RINVDESTFLAG"
	case StatusInvSubmitReplace:
		return "ESME_RINVSUBREP"
	case StatusInvESMClass:
		return "ESME_RINVESMCLASS"
	case StatusCannotSubmitDL:
		return "ESME_RCNTSUBDL"
	case StatusSubmitFail:
		return "ESME_RSUBMITFAIL"
	}
	return ""
}

func highStatusName(s Status) string {
	switch s {
	case StatusInvSrcTON:
		return "ESME_RINVSRCTON"
	case StatusInvSrcNPI:
		return "ESME_RINVSRCNPI"
	case StatusInvDstTON:
		return "ESME_RINVDSTTON"
	case StatusInvDstNPI:
		return "ESME_RINVDSTNPI"
	case StatusInvSystemType:
		return "ESME_RINVSYSTYP"
	case StatusInvReplaceFlag:
		return "ESME_RINVREPFLAG"
	case StatusInvNumMsgs:
		return "ESME_RINVNUMMSGS"
	case StatusThrottled:
		return "ESME_RTHROTTLED"
	case StatusInvSchedule:
		return "ESME_RINVSCHED"
	case StatusInvExpiry:
		return "ESME_RINVEXPIRY"
	case StatusInvDefaultMsgID:
		return "ESME_RINVDFTMSGID"
	case StatusReceiverTemporary:
		return "ESME_RX_T_APPN"
	case StatusReceiverPermanent:
		return "ESME_RX_P_APPN"
	case StatusReceiverReject:
		return "ESME_RX_R_APPN"
	case StatusQueryFail:
		return "ESME_RQUERYFAIL"
	case StatusInvOptParStream:
		return "ESME_RINVOPTPARSTREAM"
	case StatusOptParNotAllowed:
		return "ESME_ROPTPARNOTALLWD"
	case StatusInvParLen:
		return "ESME_RINVPARLEN"
	case StatusMissingOptParam:
		return "ESME_RMISSINGOPTPARAM"
	case StatusInvOptParamValue:
		return "ESME_RINVOPTPARAMVAL"
	case StatusDeliveryFailure:
		return "ESME_RDELIVERYFAILURE"
	case StatusUnknownErr:
		return "ESME_RUNKNOWNERR"
	}
	return ""
}
