package smpp

// Unbind ends a session (§4.2.1).
type Unbind struct{ Header }

func (*Unbind) Command() CommandID { return CmdUnbind }
func (*Unbind) body(*codec)        {}

// UnbindResp answers an unbind (§4.2.2).
type UnbindResp struct{ Header }

func (*UnbindResp) Command() CommandID { return CmdUnbindResp }
func (*UnbindResp) body(*codec)        {}

// EnquireLink asks whether the peer is alive (§4.11.1).
type EnquireLink struct{ Header }

func (*EnquireLink) Command() CommandID { return CmdEnquireLink }
func (*EnquireLink) body(*codec)        {}

// EnquireLinkResp says that it is (§4.11.2).
type EnquireLinkResp struct{ Header }

func (*EnquireLinkResp) Command() CommandID { return CmdEnquireLinkResp }
func (*EnquireLinkResp) body(*codec)        {}

// GenericNack answers what could not be understood at all (§4.3.1).
type GenericNack struct{ Header }

func (*GenericNack) Command() CommandID { return CmdGenericNack }
func (*GenericNack) body(*codec)        {}

// AlertNotification tells that a handset has become reachable (§4.12.1). It has no response.
type AlertNotification struct {
	Header
	Source Address // the handset; up to 64 characters
	ESME   Address // who asked to be told; up to 64 characters
	TLVs   TLVs    // ms_availability_status
}

func (*AlertNotification) Command() CommandID { return CmdAlertNotification }

func (p *AlertNotification) body(c *codec) {
	c.address("source_addr", &p.Source, 65)
	c.address("esme_addr", &p.ESME, 65)
	c.tlvs(&p.TLVs)
}
