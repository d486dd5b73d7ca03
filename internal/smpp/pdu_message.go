package smpp

// Message is what submit_sm and deliver_sm have in common: everything after the header (§4.4.1, §4.6.1).
type Message struct {
	ServiceType          string  // at most 5 characters
	Source, Dest         Address // at most 20 characters each
	ESMClass             ESMClass
	ProtocolID           byte
	Priority             byte
	ScheduleDeliveryTime string // empty or 16 characters, see FormatTime
	ValidityPeriod       string // empty or 16 characters
	RegisteredDelivery   RegisteredDelivery
	ReplaceIfPresent     byte
	DataCoding           DataCoding
	DefaultMsgID         byte   // sm_default_msg_id
	ShortMessage         []byte // at most 254 octets, the user data header included
	TLVs                 TLVs
}

// Payload is the message's user data: short_message, or message_payload where the text was put there instead.
func (m *Message) Payload() []byte {
	if len(m.ShortMessage) == 0 {
		if payload, ok := m.TLVs.Get(TagMessagePayload); ok {
			return payload
		}
	}
	return m.ShortMessage
}

func (m *Message) body(c *codec) {
	c.cstring("service_type", &m.ServiceType, 6)
	c.address("source_addr", &m.Source, 21)
	c.address("destination_addr", &m.Dest, 21)
	octet(c, "esm_class", &m.ESMClass)
	octet(c, "protocol_id", &m.ProtocolID)
	octet(c, "priority_flag", &m.Priority)
	c.time("schedule_delivery_time", &m.ScheduleDeliveryTime)
	c.time("validity_period", &m.ValidityPeriod)
	octet(c, "registered_delivery", &m.RegisteredDelivery)
	octet(c, "replace_if_present_flag", &m.ReplaceIfPresent)
	octet(c, "data_coding", &m.DataCoding)
	octet(c, "sm_default_msg_id", &m.DefaultMsgID)
	c.shortMessage(&m.ShortMessage)
	c.tlvs(&m.TLVs)
}

// SubmitSM hands a message to the SMSC (§4.4.1).
type SubmitSM struct {
	Header
	Message
}

func (*SubmitSM) Command() CommandID { return CmdSubmitSM }

// DeliverSM hands a message or a delivery receipt to the ESME (§4.6.1).
type DeliverSM struct {
	Header
	Message
}

func (*DeliverSM) Command() CommandID { return CmdDeliverSM }

// SubmitSMResp answers a submit_sm (§4.4.2) with the id that the receipt will carry.
type SubmitSMResp struct {
	Header
	MessageID string // at most 64 characters
	TLVs      TLVs
}

func (*SubmitSMResp) Command() CommandID { return CmdSubmitSMResp }

func (p *SubmitSMResp) body(c *codec) { messageRespBody(c, p.Status, &p.MessageID, &p.TLVs) }

// DeliverSMResp answers a deliver_sm (§4.6.2). Its message_id is unused and empty.
type DeliverSMResp struct {
	Header
	MessageID string
	TLVs      TLVs
}

func (*DeliverSMResp) Command() CommandID { return CmdDeliverSMResp }

func (p *DeliverSMResp) body(c *codec) { messageRespBody(c, p.Status, &p.MessageID, &p.TLVs) }

// DataSM carries a message either way with everything optional in TLVs (§4.7.1); the text is in message_payload.
type DataSM struct {
	Header
	ServiceType        string  // at most 5 characters
	Source, Dest       Address // at most 64 characters each
	ESMClass           ESMClass
	RegisteredDelivery RegisteredDelivery
	DataCoding         DataCoding
	TLVs               TLVs
}

func (*DataSM) Command() CommandID { return CmdDataSM }

func (p *DataSM) body(c *codec) {
	c.cstring("service_type", &p.ServiceType, 6)
	c.address("source_addr", &p.Source, 65)
	c.address("destination_addr", &p.Dest, 65)
	octet(c, "esm_class", &p.ESMClass)
	octet(c, "registered_delivery", &p.RegisteredDelivery)
	octet(c, "data_coding", &p.DataCoding)
	c.tlvs(&p.TLVs)
}

// Message is the same message in the terms of submit_sm and deliver_sm.
func (p *DataSM) Message() Message {
	return Message{
		ServiceType: p.ServiceType, Source: p.Source, Dest: p.Dest, ESMClass: p.ESMClass,
		RegisteredDelivery: p.RegisteredDelivery, DataCoding: p.DataCoding, TLVs: p.TLVs,
	}
}

// DataSMResp answers a data_sm (§4.7.2).
type DataSMResp struct {
	Header
	MessageID string // at most 64 characters
	TLVs      TLVs
}

func (*DataSMResp) Command() CommandID { return CmdDataSMResp }

func (p *DataSMResp) body(c *codec) { messageRespBody(c, p.Status, &p.MessageID, &p.TLVs) }

// messageRespBody is the body of every response with a message id. SMPP 3.4 gives TLVs to data_sm_resp alone; carriers
// attach them to the others too, so all keep them.
func messageRespBody(c *codec, status Status, id *string, tlvs *TLVs) {
	if c.noBody(status, *id == "" && len(*tlvs) == 0) {
		return
	}
	c.looseCString("message_id", id, 65)
	c.tlvs(tlvs)
}
