package smpp

// BindMode is how an ESME binds, in the number of the bind's command (§4.1).
type BindMode CommandID

const (
	Transmitter = BindMode(CmdBindTransmitter) // submits
	Receiver    = BindMode(CmdBindReceiver)    // is delivered to
	Transceiver = BindMode(CmdBindTransceiver) // both
)

// Transmits reports whether the ESME may submit.
func (m BindMode) Transmits() bool { return m == Transmitter || m == Transceiver }

// Receives reports whether the SMSC may deliver.
func (m BindMode) Receives() bool { return m == Receiver || m == Transceiver }

// String is "transceiver" and so on.
func (m BindMode) String() string {
	switch m {
	case Transmitter:
		return "transmitter"
	case Receiver:
		return "receiver"
	case Transceiver:
		return "transceiver"
	}
	return "unbound"
}

// Bind is bind_transmitter, bind_receiver or bind_transceiver (§4.1.1, §4.1.3, §4.1.5).
type Bind struct {
	Header
	Mode             BindMode
	SystemID         string // at most 15 characters
	Password         string // at most 8
	SystemType       string // at most 12
	InterfaceVersion byte
	AddressRange     Address // addr_ton, addr_npi, address_range of at most 40
}

func (p *Bind) Command() CommandID { return CommandID(p.Mode) }

func (p *Bind) body(c *codec) {
	c.cstring("system_id", &p.SystemID, 16)
	c.cstring("password", &p.Password, 9)
	c.cstring("system_type", &p.SystemType, 13)
	octet(c, "interface_version", &p.InterfaceVersion)
	c.address("address_range", &p.AddressRange, 41)
}

// BindResp answers a bind (§4.1.2, §4.1.4, §4.1.6); sc_interface_version may be among its TLVs.
type BindResp struct {
	Header
	Mode     BindMode
	SystemID string // the SMSC's, at most 15 characters
	TLVs     TLVs
}

func (p *BindResp) Command() CommandID { return CommandID(p.Mode).Response() }

func (p *BindResp) body(c *codec) {
	if c.noBody(p.Status, p.SystemID == "" && len(p.TLVs) == 0) {
		return
	}
	c.looseCString("system_id", &p.SystemID, 16)
	c.tlvs(&p.TLVs)
}

// Outbind asks an ESME to bind as a receiver (§4.1.7). It has no response.
type Outbind struct {
	Header
	SystemID string // the SMSC's, at most 15 characters
	Password string // at most 8
}

func (p *Outbind) Command() CommandID { return CmdOutbind }

func (p *Outbind) body(c *codec) {
	c.cstring("system_id", &p.SystemID, 16)
	c.cstring("password", &p.Password, 9)
}
