package sheet

import (
	"encoding/binary"
	"math"
)

// cell puts the record's cell, or cells, into the row.
func (x *xls) cell() error {
	place, err := x.in.octets(4)
	if err != nil {
		return err
	}
	column := int(binary.LittleEndian.Uint16(place[2:]))
	x.formula = -1
	if x.in.kind == recMulRK {
		return x.numbers(column)
	}
	if _, err := x.in.octets(2); err != nil { // its format
		return err
	}
	switch x.in.kind {
	case recLabel, recRString:
		return x.string(column)
	case recFormula:
		return x.result(column)
	}
	value, err := x.value()
	if err != nil {
		return err
	}
	return x.row.put(column, value)
}

// value reads what is in a cell with no more than one number.
func (x *xls) value() (string, error) {
	size := 4
	switch x.in.kind {
	case recNumber:
		size = 8
	case recBoolErr:
		size = 2
	}
	b, err := x.in.octets(size)
	if err != nil {
		return "", err
	}
	switch x.in.kind {
	case recNumber:
		return showNumber(math.Float64frombits(binary.LittleEndian.Uint64(b))), nil
	case recBoolErr:
		if b[1] != 0 {
			return showError(b[0]), nil
		}
		return showBool(b[0] != 0), nil
	case recLabelSST:
		return x.shared.get(int(binary.LittleEndian.Uint32(b)))
	}
	return showNumber(fromRK(binary.LittleEndian.Uint32(b))), nil
}

// numbers reads the cells of a MULRK record: a format and a number each, then the last column.
func (x *xls) numbers(column int) error {
	for ; len(x.in.rest) >= 6; column++ {
		b, err := x.in.octets(6)
		if err == nil {
			err = x.row.put(column, showNumber(fromRK(binary.LittleEndian.Uint32(b[2:]))))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *xls) string(column int) (err error) {
	if x.text, err = x.in.text(x.text[:0]); err != nil {
		return err
	}
	x.formula = -1
	return x.row.put(column, string(x.text))
}

// result reads what a formula gave ([MS-XLS] §2.5.133): a number, or something else that has FF FF in its place.
func (x *xls) result(column int) error {
	b, err := x.in.octets(8)
	if err != nil {
		return err
	}
	if b[6] != 0xFF || b[7] != 0xFF {
		return x.row.put(column, showNumber(math.Float64frombits(binary.LittleEndian.Uint64(b))))
	}
	switch b[0] {
	case 0:
		x.formula = column
	case 1:
		return x.row.put(column, showBool(b[2] != 0))
	case 2:
		return x.row.put(column, showError(b[2]))
	}
	return nil
}

// fromRK unpacks a number of 30 bits ([MS-XLS] §2.5.217): whole, or the upper part of a float, and maybe hundredths.
func fromRK(rk uint32) float64 {
	f := math.Float64frombits(uint64(rk&^3) << 32)
	if rk&2 != 0 {
		f = float64(int32(rk) >> 2)
	}
	if rk&1 != 0 {
		f /= 100
	}
	return f
}

// showError names an error of a formula ([MS-XLS] §2.5.10).
func showError(code byte) string {
	switch code {
	case 0x00:
		return "#NULL!"
	case 0x07:
		return "#DIV/0!"
	case 0x0F:
		return "#VALUE!"
	case 0x17:
		return "#REF!"
	case 0x1D:
		return "#NAME?"
	case 0x24:
		return "#NUM!"
	}
	return "#N/A"
}
