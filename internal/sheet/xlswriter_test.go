package sheet

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf16"
)

// formula is a cell that a formula gave.
type formula struct{ result any }

// xlsBook writes BIFF8. A row is a list of cells: string, float64, int (as RK), []int (as MULRK), bool, formula, or nil.
type xlsBook struct {
	rows      [][]any
	perRecord int // octets of the shared strings in a record: 8224 is the most
}

// octets gives the workbook as a file.
func (b xlsBook) octets() []byte { return compoundFile("Workbook", b.stream()) }

func (b xlsBook) stream() []byte {
	var w biffWriter
	cells := b.cells(&w)
	bof := record(recBOF, binary.LittleEndian.AppendUint64(nil, biff8|5<<16))
	bound := func(at int) []byte {
		return record(recBoundSheet, append(binary.LittleEndian.AppendUint32(nil, uint32(at)), 0, 0, 1, 0, 'A'))
	}
	globals := slices.Concat(bof, bound(0), w.sst(b.perRecord), record(recEOF, nil))
	return slices.Concat(bof, bound(len(globals)), globals[len(bof)+len(bound(0)):], bof, cells, record(recEOF, nil))
}

func (b xlsBook) cells(w *biffWriter) []byte {
	var out []byte
	for row, cells := range b.rows {
		column := 0
		for _, cell := range cells {
			place := binary.LittleEndian.AppendUint16(nil, uint16(row))
			place = binary.LittleEndian.AppendUint16(place, uint16(column))
			out = append(out, w.cell(place, cell)...)
			if many, ok := cell.([]int); ok {
				column += len(many) - 1
			}
			column++
		}
	}
	return out
}

// biffWriter numbers the strings that cells share.
type biffWriter struct {
	strings []string
	numbers map[string]int
}

func (w *biffWriter) cell(place []byte, cell any) []byte {
	formatted := append(slices.Clone(place), 0, 0)
	switch v := cell.(type) {
	case string:
		return record(recLabelSST, binary.LittleEndian.AppendUint32(formatted, w.number(v)))
	case float64:
		return record(recNumber, binary.LittleEndian.AppendUint64(formatted, math.Float64bits(v)))
	case int:
		return record(recRK, binary.LittleEndian.AppendUint32(formatted, uint32(v)<<2|2))
	case []int:
		for _, n := range v {
			place = binary.LittleEndian.AppendUint32(append(place, 0, 0), uint32(n)<<2|2)
		}
		return record(recMulRK, append(place, 0, 0))
	case bool:
		return record(recBoolErr, append(formatted, oneIf(v), 0))
	case formula:
		return w.formula(formatted, v)
	}
	return nil
}

func (w *biffWriter) formula(formatted []byte, f formula) []byte {
	rest := make([]byte, 8) // flags and an empty formula
	switch v := f.result.(type) {
	case float64:
		formatted = binary.LittleEndian.AppendUint64(formatted, math.Float64bits(v))
		return record(recFormula, append(formatted, rest...))
	case bool:
		return record(recFormula, append(append(formatted, 1, 0, oneIf(v), 0, 0, 0, 0xFF, 0xFF), rest...))
	}
	text := f.result.(string)
	number := record(recFormula, append(append(formatted, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF), rest...))
	return append(number, record(recString, biffString(text))...)
}

func (w *biffWriter) number(s string) uint32 {
	n, ok := w.numbers[s]
	if !ok {
		if w.numbers == nil {
			w.numbers = map[string]int{}
		}
		n = len(w.strings)
		w.strings, w.numbers[s] = append(w.strings, s), n
	}
	return uint32(n)
}

// sst cuts the strings into records, within strings too: then the flags come again.
func (w *biffWriter) sst(perRecord int) []byte {
	out, data, kind := []byte(nil), binary.LittleEndian.AppendUint64(nil, uint64(len(w.strings))<<32), uint16(recSST)
	next := func(flags ...byte) {
		out = append(out, record(kind, data)...)
		data, kind = flags, recContinue
	}
	for _, s := range w.strings {
		octets := biffString(s)
		if len(data)+3 > perRecord {
			next()
		}
		data, octets = append(data, octets[:3]...), octets[3:]
		flags := data[len(data)-1]
		for size := 1 + int(flags); len(octets) > 0; octets = octets[size:] {
			if len(data)+size > perRecord {
				next(flags)
			}
			data = append(data, octets[:size]...)
		}
	}
	next()
	return out
}

// biffString is wide where a character needs it.
func biffString(s string) []byte {
	units := utf16.Encode([]rune(s))
	wide := slices.ContainsFunc(units, func(u uint16) bool { return u > 0xFF })
	out := append(binary.LittleEndian.AppendUint16(nil, uint16(len(units))), oneIf(wide))
	for _, u := range units {
		if out = append(out, byte(u)); wide {
			out = append(out, byte(u>>8))
		}
	}
	return out
}

func record(kind uint16, data []byte) []byte {
	head := binary.LittleEndian.AppendUint16(nil, kind)
	return append(binary.LittleEndian.AppendUint16(head, uint16(len(data))), data...)
}

func oneIf(b bool) byte {
	if b {
		return 1
	}
	return 0
}
