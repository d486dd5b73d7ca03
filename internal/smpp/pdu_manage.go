package smpp

// QuerySM asks for the state of a message (§4.8.1).
type QuerySM struct {
	Header
	MessageID string
	Source    Address
}

func (*QuerySM) Command() CommandID { return CmdQuerySM }

func (p *QuerySM) body(c *codec) {
	c.cstring("message_id", &p.MessageID, 65)
	c.address("source_addr", &p.Source, 21)
}

// QuerySMResp answers a query_sm (§4.8.2).
type QuerySMResp struct {
	Header
	MessageID string
	FinalDate string // empty while the message is on its way
	State     MessageState
	ErrorCode byte // the network's
}

func (*QuerySMResp) Command() CommandID { return CmdQuerySMResp }

func (p *QuerySMResp) body(c *codec) {
	if c.noBody(p.Status, *p == QuerySMResp{Header: p.Header}) {
		return
	}
	c.cstring("message_id", &p.MessageID, 65)
	c.time("final_date", &p.FinalDate)
	octet(c, "message_state", &p.State)
	octet(c, "error_code", &p.ErrorCode)
}

// CancelSM withdraws a message, or, without MessageID, all of Source, Dest and ServiceType (§4.9.1).
type CancelSM struct {
	Header
	ServiceType  string
	MessageID    string
	Source, Dest Address
}

func (*CancelSM) Command() CommandID { return CmdCancelSM }

func (p *CancelSM) body(c *codec) {
	c.cstring("service_type", &p.ServiceType, 6)
	c.cstring("message_id", &p.MessageID, 65)
	c.address("source_addr", &p.Source, 21)
	c.address("destination_addr", &p.Dest, 21)
}

// CancelSMResp answers a cancel_sm (§4.9.2).
type CancelSMResp struct{ Header }

func (*CancelSMResp) Command() CommandID { return CmdCancelSMResp }
func (*CancelSMResp) body(*codec)        {}

// ReplaceSM changes a message that has not been delivered (§4.10.1).
type ReplaceSM struct {
	Header
	MessageID            string
	Source               Address
	ScheduleDeliveryTime string
	ValidityPeriod       string
	RegisteredDelivery   RegisteredDelivery
	DefaultMsgID         byte
	ShortMessage         []byte
}

func (*ReplaceSM) Command() CommandID { return CmdReplaceSM }

func (p *ReplaceSM) body(c *codec) {
	c.cstring("message_id", &p.MessageID, 65)
	c.address("source_addr", &p.Source, 21)
	c.time("schedule_delivery_time", &p.ScheduleDeliveryTime)
	c.time("validity_period", &p.ValidityPeriod)
	octet(c, "registered_delivery", &p.RegisteredDelivery)
	octet(c, "sm_default_msg_id", &p.DefaultMsgID)
	c.shortMessage(&p.ShortMessage)
}

// ReplaceSMResp answers a replace_sm (§4.10.2).
type ReplaceSMResp struct{ Header }

func (*ReplaceSMResp) Command() CommandID { return CmdReplaceSMResp }
func (*ReplaceSMResp) body(*codec)        {}
