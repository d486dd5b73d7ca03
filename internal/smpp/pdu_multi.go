package smpp

// maxDests is how many destinations one submit_multi may have (§4.5.1).
const maxDests = 254

// Destination is one target of a submit_multi (§4.5.1.1): a distribution list if List is set, else an address.
type Destination struct {
	Addr Address // at most 20 characters
	List string  // dl_name, at most 20 characters
}

const (
	destAddress byte = 1
	destList    byte = 2
)

func (d *Destination) body(c *codec) {
	flag := destAddress
	if d.List != "" {
		flag = destList
	}
	octet(c, "dest_flag", &flag)
	switch {
	case c.err != nil:
	case flag == destAddress:
		c.address("destination_addr", &d.Addr, 21)
	case flag == destList && c.writing && d.Addr != (Address{}):
		c.fail("dest_flag", "is either an address or a list, not both")
	case flag == destList:
		c.cstring("dl_name", &d.List, 21)
		if c.err == nil && d.List == "" {
			c.fail("dl_name", "is empty")
		}
	default:
		c.fail("dest_flag", "is %d, not 1 or 2", flag)
	}
}

// SubmitMulti hands one message for 1 to 254 destinations to the SMSC (§4.5.1).
type SubmitMulti struct {
	Header
	ServiceType          string
	Source               Address
	Dests                []Destination
	ESMClass             ESMClass
	ProtocolID           byte
	Priority             byte
	ScheduleDeliveryTime string
	ValidityPeriod       string
	RegisteredDelivery   RegisteredDelivery
	ReplaceIfPresent     byte
	DataCoding           DataCoding
	DefaultMsgID         byte
	ShortMessage         []byte
	TLVs                 TLVs
}

func (*SubmitMulti) Command() CommandID { return CmdSubmitMulti }

func (p *SubmitMulti) body(c *codec) {
	c.cstring("service_type", &p.ServiceType, 6)
	c.address("source_addr", &p.Source, 21)
	p.destinations(c)
	octet(c, "esm_class", &p.ESMClass)
	octet(c, "protocol_id", &p.ProtocolID)
	octet(c, "priority_flag", &p.Priority)
	c.time("schedule_delivery_time", &p.ScheduleDeliveryTime)
	c.time("validity_period", &p.ValidityPeriod)
	octet(c, "registered_delivery", &p.RegisteredDelivery)
	octet(c, "replace_if_present_flag", &p.ReplaceIfPresent)
	octet(c, "data_coding", &p.DataCoding)
	octet(c, "sm_default_msg_id", &p.DefaultMsgID)
	c.shortMessage(&p.ShortMessage)
	c.tlvs(&p.TLVs)
}

func (p *SubmitMulti) destinations(c *codec) {
	n := byte(min(len(p.Dests), 255))
	octet(c, "number_of_dests", &n)
	if c.err == nil && (n == 0 || n > maxDests) {
		c.fail("number_of_dests", "is not within 1 and 254")
	}
	if !c.writing {
		p.Dests = make([]Destination, n)
	}
	for i := 0; i < len(p.Dests) && c.err == nil; i++ {
		p.Dests[i].body(c)
	}
}

// UnsuccessfulDest is a destination that a submit_multi did not reach (§4.5.2.1).
type UnsuccessfulDest struct {
	Addr   Address
	Status Status
}

// SubmitMultiResp answers a submit_multi (§4.5.2).
type SubmitMultiResp struct {
	Header
	MessageID    string
	Unsuccessful []UnsuccessfulDest // at most 255
	TLVs         TLVs
}

func (*SubmitMultiResp) Command() CommandID { return CmdSubmitMultiResp }

func (p *SubmitMultiResp) body(c *codec) {
	if c.noBody(p.Status, p.MessageID == "" && len(p.Unsuccessful) == 0 && len(p.TLVs) == 0) {
		return
	}
	c.cstring("message_id", &p.MessageID, 65)
	if c.writing && len(p.Unsuccessful) > 255 {
		c.fail("no_unsuccess", "is more than 255")
		return
	}
	n := byte(len(p.Unsuccessful))
	octet(c, "no_unsuccess", &n)
	if !c.writing && n > 0 {
		p.Unsuccessful = make([]UnsuccessfulDest, n)
	}
	for i := 0; i < len(p.Unsuccessful) && c.err == nil; i++ {
		c.address("unsuccess_sme", &p.Unsuccessful[i].Addr, 21)
		c.status("error_status_code", &p.Unsuccessful[i].Status)
	}
	c.tlvs(&p.TLVs)
}
