package smsc

import (
	"unicode/utf16"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

// segment is one part of a message, its user data header or sar_ parameters understood and taken off.
type segment struct {
	ref         int
	part, parts int // from 1; a single message is part 1 of 1
	data        []byte
}

// segmentOf never fails: a header that makes no sense leaves a message of one part.
func segmentOf(m *smpp.Message) segment {
	data := m.Payload()
	if sar, ok := m.TLVs.Segment(); ok {
		return segment{int(sar.Ref), int(sar.Seq), int(sar.Total), data}
	}
	if !m.ESMClass.UDHI() || len(data) == 0 || 1+int(data[0]) > len(data) {
		return segment{0, 1, 1, data}
	}
	header, rest := data[1:1+int(data[0])], data[1+int(data[0]):]
	s := segment{0, 1, 1, rest}
	for len(header) >= 2 && 2+int(header[1]) <= len(header) {
		s.element(header[0], header[2:2+int(header[1])])
		header = header[2+int(header[1]):]
	}
	return s
}

// element reads the concatenation elements of a user data header (3GPP TS 23.040 §9.2.3.24.1 and .8).
func (s *segment) element(id byte, v []byte) {
	ref, total, seq := 0, byte(0), byte(0)
	switch {
	case id == 0x00 && len(v) == 3:
		ref, total, seq = int(v[0]), v[1], v[2]
	case id == 0x08 && len(v) == 4:
		ref, total, seq = int(v[0])<<8|int(v[1]), v[2], v[3]
	}
	if seq > 0 && seq <= total {
		s.ref, s.parts, s.part = ref, int(total), int(seq)
	}
}

// decodePlain reads UCS-2 and Latin-1; GSM-7 is the wiring's to bring.
func decodePlain(dataCoding byte, userData []byte) string {
	if dataCoding&0xEC == 0x08 || dataCoding&0xFC == 0x18 { // the general groups of 3GPP TS 23.038 §4, alphabet UCS-2
		units := make([]uint16, len(userData)/2)
		for i := range units {
			units[i] = uint16(userData[2*i])<<8 | uint16(userData[2*i+1])
		}
		return string(utf16.Decode(units))
	}
	latin1 := dataCoding == byte(smpp.CodingLatin1)
	runes := make([]rune, len(userData))
	for i, b := range userData {
		runes[i] = rune(b)
		if b >= 0x80 && !latin1 {
			runes[i] = '�'
		}
	}
	return string(runes)
}
