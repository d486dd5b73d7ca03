package text

import (
	"encoding/binary"
	"errors"
)

// ErrUDH is returned for a user data header that is longer than what it lies in.
var ErrUDH = errors.New("user data header is damaged")

// Information elements of a user data header, 3GPP TS 23.040 §9.2.3.24.
const (
	ieConcat8  = 0x00 // §9.2.3.24.1
	ieConcat16 = 0x08 // §9.2.3.24.8
)

// Concat is a part's place in its message: part Seq, from 1, of Total. A reference of one
// octet and one of two are different references even where the numbers are equal.
type Concat struct {
	Ref        uint16
	Size       RefSize
	Total, Seq byte
}

func (c Concat) append(dst []byte) []byte {
	if c.Size == Ref16 {
		return append(dst, 6, ieConcat16, 4, byte(c.Ref>>8), byte(c.Ref), c.Total, c.Seq)
	}
	return append(dst, 5, ieConcat8, 3, byte(c.Ref), c.Total, c.Seq)
}

// CutUDH takes the header off user data that has one (3GPP TS 23.040 §9.2.3.24). Elements
// other than concatenation are passed over; a message without that, or with an impossible
// one, is part 1 of 1. The rest shares its memory with userData.
func CutUDH(userData []byte) (c Concat, rest []byte, err error) {
	c = Concat{Total: 1, Seq: 1}
	if len(userData) == 0 || len(userData) < 1+int(userData[0]) {
		return c, nil, ErrUDH
	}
	end := 1 + int(userData[0])
	elements, rest := userData[1:end], userData[end:]
	for len(elements) > 0 {
		if len(elements) < 2 || len(elements) < 2+int(elements[1]) {
			return c, nil, ErrUDH
		}
		data := elements[2 : 2+int(elements[1])]
		if found, ok := parseConcat(elements[0], data); ok {
			c = found
		}
		elements = elements[2+len(data):]
	}
	return c, rest, nil
}

// parseConcat refuses what the standard says to ignore: a total or place of 0, a place past the end.
func parseConcat(id byte, data []byte) (c Concat, ok bool) {
	switch {
	case id == ieConcat8 && len(data) == 3:
		c = Concat{Ref: uint16(data[0]), Size: Ref8, Total: data[1], Seq: data[2]}
	case id == ieConcat16 && len(data) == 4:
		c = Concat{Ref: binary.BigEndian.Uint16(data), Size: Ref16, Total: data[2], Seq: data[3]}
	default:
		return Concat{}, false
	}
	return c, 1 <= c.Seq && c.Seq <= c.Total
}
