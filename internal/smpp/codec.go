package smpp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// codec walks a PDU's fields in wire order, writing them to buf or reading them from it. The first error sticks and
// turns every later step into nothing, so that a body is a plain list of fields.
type codec struct {
	buf      []byte
	pos      int // next octet to read
	writing  bool
	command  CommandID
	sequence uint32
	err      error

	// What is read must outlive buf. One copy as text serves every C-string of the PDU, one as octets every octet
	// string; each is made when first needed.
	text   string
	octets []byte
}

func (c *codec) fail(field, format string, args ...any) {
	if c.err == nil {
		c.err = &FieldError{c.command, c.sequence, fieldStatus(field), field, fmt.Sprintf(format, args...)}
	}
	c.pos = len(c.buf)
}

// noBody reports whether the body of a response is left out: when writing, if there is nothing to say in a failed one
// (§4.4.2); when reading, if there are no octets: carriers leave it out of successful responses too.
func (c *codec) noBody(status Status, empty bool) bool {
	if c.writing {
		return status != StatusOK && empty
	}
	return c.pos == len(c.buf)
}

// octet is an integer of one octet.
func octet[T ~uint8](c *codec, field string, v *T) {
	switch {
	case c.err != nil:
	case c.writing:
		c.buf = append(c.buf, byte(*v))
	case c.pos == len(c.buf):
		c.fail(field, "is missing")
	default:
		*v = T(c.buf[c.pos])
		c.pos++
	}
}

func (c *codec) status(field string, v *Status) {
	switch {
	case c.err != nil:
	case c.writing:
		c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(*v))
	case len(c.buf)-c.pos < 4:
		c.fail(field, "is missing")
	default:
		*v = Status(binary.BigEndian.Uint32(c.buf[c.pos:]))
		c.pos += 4
	}
}

// cstring is a C-octet string of at most size octets, its NUL included (§3.1).
func (c *codec) cstring(field string, v *string, size int) {
	switch {
	case c.err != nil:
	case c.writing:
		c.putCString(field, *v, size)
	default:
		*v = c.takeCString(field, size, false)
	}
}

// looseCString is a C-octet string at the end of a response: the end of the PDU may stand for its NUL.
func (c *codec) looseCString(field string, v *string, size int) {
	if c.writing || c.err != nil {
		c.cstring(field, v, size)
		return
	}
	*v = c.takeCString(field, size, true)
}

func (c *codec) putCString(field, v string, size int) {
	switch {
	case len(v) >= size:
		c.fail(field, "is %d characters long, at most %d are allowed", len(v), size-1)
	case strings.IndexByte(v, 0) >= 0:
		c.fail(field, "contains a NUL")
	default:
		c.buf = append(append(c.buf, v...), 0)
	}
}

func (c *codec) takeCString(field string, size int, loose bool) string {
	rest := c.buf[c.pos:]
	n := bytes.IndexByte(rest[:min(size, len(rest))], 0)
	next := c.pos + n + 1
	if n < 0 && loose && len(rest) < size {
		n, next = len(rest), len(c.buf)
	}
	if n < 0 {
		c.fail(field, "has no end within %d octets", size)
		return ""
	}
	start := c.pos
	c.pos = next
	return c.cut(start, n)
}

func (c *codec) cut(start, n int) string {
	if n == 0 {
		return ""
	}
	if c.text == "" {
		c.text = string(c.buf)
	}
	return c.text[start : start+n]
}

// take reads n octets that are known to be there. The result's capacity ends with it: appending to one field
// must not write into the next.
func (c *codec) take(n int) []byte {
	start := c.pos
	c.pos += n
	if n == 0 {
		return nil
	}
	if c.octets == nil {
		c.octets = bytes.Clone(c.buf[start:])
	}
	from := len(c.octets) - (len(c.buf) - start)
	return c.octets[from : from+n : from+n]
}

// time is an empty string or one of the 16 characters of §7.1.1.
func (c *codec) time(field string, v *string) {
	c.cstring(field, v, 17)
	if c.err == nil && *v != "" && len(*v) != 16 {
		c.fail(field, "must be empty or 16 characters long")
	}
}

// address is TON, NPI and an address of at most size octets, its NUL included.
func (c *codec) address(field string, a *Address, size int) {
	octet(c, field, &a.TON)
	octet(c, field, &a.NPI)
	c.cstring(field, &a.Addr, size)
}

// maxShortMessage is the longest short_message (§4.4.1); longer texts go into message_payload.
const maxShortMessage = 254

func (c *codec) shortMessage(v *[]byte) {
	n := byte(min(len(*v), 255))
	octet(c, "sm_length", &n)
	switch {
	case c.err != nil:
	case len(*v) > maxShortMessage || n > maxShortMessage:
		c.fail("short_message", "is longer than 254 octets")
	case c.writing:
		c.buf = append(c.buf, *v...)
	case len(c.buf)-c.pos < int(n):
		c.fail("short_message", "is shorter than sm_length says")
	default:
		*v = c.take(int(n))
	}
}

func (c *codec) tlvs(v *TLVs) {
	switch {
	case c.err != nil:
	case c.writing:
		c.putTLVs(*v)
	default:
		*v = c.takeTLVs()
	}
}

func (c *codec) putTLVs(list TLVs) {
	for i := range list {
		if len(list[i].Value) > 0xFFFF {
			c.fail("tlv", "0x%04X is longer than 65535 octets", list[i].Tag)
			return
		}
		c.buf = binary.BigEndian.AppendUint16(c.buf, list[i].Tag)
		c.buf = binary.BigEndian.AppendUint16(c.buf, uint16(len(list[i].Value)))
		c.buf = append(c.buf, list[i].Value...)
	}
}

func (c *codec) takeTLVs() TLVs {
	count, ok := c.countTLVs()
	if !ok {
		c.fail("tlv", "runs past the end of the PDU")
		return nil
	}
	if count == 0 {
		return nil
	}
	list := make(TLVs, count)
	for i := range list {
		head := c.buf[c.pos:]
		c.pos += 4
		list[i] = TLV{binary.BigEndian.Uint16(head), c.take(int(binary.BigEndian.Uint16(head[2:])))}
	}
	return list
}

// countTLVs walks the parameters without keeping them, so that what is allocated is as large as what is there.
func (c *codec) countTLVs() (count int, ok bool) {
	rest := c.buf[c.pos:]
	for ; len(rest) >= 4; count++ {
		end := 4 + int(binary.BigEndian.Uint16(rest[2:]))
		if end > len(rest) {
			return 0, false
		}
		rest = rest[end:]
	}
	return count, len(rest) == 0
}
