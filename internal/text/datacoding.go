package text

import (
	"errors"
	"strings"
)

// ErrDataCoding is returned for user data that is binary or in a coding not known here.
var ErrDataCoding = errors.New("data_coding is not that of a text")

// data_coding values of SMPP 3.4 §5.2.19; those of a message class are from 3GPP TS 23.038 §4.
const (
	codingDefault   = 0x00
	codingASCII     = 0x01
	codingLatin1    = 0x03
	codingUCS2      = 0x08
	codingClass     = 0xF0 // GSM-7 with a class in the last two bits
	codingUCS2Class = 0x18 // UCS-2 with a class in the last two bits
)

// DataCoding is the data_coding that goes with the encoding. A flash message is one of class 0,
// shown at once and not kept.
func (e Encoding) DataCoding(flash bool) byte {
	switch {
	case e == UCS2 && flash:
		return codingUCS2Class
	case e == UCS2:
		return codingUCS2
	case flash:
		return codingClass
	}
	return codingDefault
}

// Decode reads user data that has no header, or had it taken off by CutUDH. The error is
// ErrDataCoding; octets that mean nothing in their coding become U+FFFD.
func Decode(dataCoding byte, userData []byte) (string, error) {
	switch dataCoding {
	case codingASCII, codingLatin1:
		return decodeLatin1(userData), nil
	case codingUCS2:
		return DecodeUCS2(userData), nil
	case codingDefault:
		return DecodeGSM7(userData), nil
	}
	switch dataCoding &^ 3 { // of any class
	case codingClass, 0x10:
		return DecodeGSM7(userData), nil
	case codingUCS2Class:
		return DecodeUCS2(userData), nil
	}
	return "", ErrDataCoding
}

func decodeLatin1(octets []byte) string {
	var b strings.Builder
	b.Grow(len(octets))
	for _, octet := range octets {
		b.WriteRune(rune(octet))
	}
	return b.String()
}
