package sheet

import (
	"encoding/binary"
	"errors"
	"io"
)

// xls reads the first sheet of an Excel 97 workbook ([MS-XLS], BIFF8), which is a stream of a compound file.
type xls struct {
	in      *records
	shared  table
	depth   int // 1 in the sheet, more in the charts on it
	number  int // of the row
	row     cellRow
	formula int    // column of a formula whose string comes in a record of its own, or -1
	text    []byte // of a cell
}

func openXLS(file io.ReaderAt, size int64, tempDir string) (source, error) {
	x := &xls{shared: table{dir: tempDir}, formula: -1}
	if err := x.open(file, size); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

func (x *xls) close() error { return x.shared.close() }

func (x *xls) progress() float64 { return portion(x.in.stream, x.in.in.Buffered()) }

func (x *xls) open(file io.ReaderAt, size int64) error {
	workbook, err := findWorkbook(file, size)
	if err != nil {
		return err
	}
	x.in = newRecords(workbook, 0)
	first, err := x.readGlobals()
	if err != nil {
		return err
	}
	x.in, x.depth = newRecords(workbook, first), 1
	return x.begin()
}

func findWorkbook(file io.ReaderAt, size int64) (*stream, error) {
	c, err := openCompound(file, size)
	if err != nil {
		return nil, err
	}
	e, ok, err := c.find("Workbook")
	if err != nil {
		return nil, err
	}
	if ok {
		return c.open(e)
	}
	if _, protected, _ := c.find("EncryptedPackage"); protected {
		return nil, damaged("it is protected by a password")
	}
	return nil, damaged("it holds no workbook of Excel 97 or later")
}

// begin reads the record that a part of a workbook begins with.
func (x *xls) begin() error {
	if err := x.in.next(); err != nil {
		return err
	}
	version, err := x.in.octets(2)
	if err != nil || x.in.kind != recBOF || binary.LittleEndian.Uint16(version) != biff8 {
		return damaged("a part of the workbook does not begin as in Excel 97")
	}
	return nil
}

// readGlobals reads what is about the whole workbook, and tells where its first worksheet begins.
func (x *xls) readGlobals() (first int64, err error) {
	if err := x.begin(); err != nil {
		return 0, err
	}
	for {
		if err := x.in.next(); err != nil {
			return 0, err
		}
		switch x.in.kind {
		case recFilePass:
			return 0, damaged("it is protected by a password")
		case recSST:
			err = x.readShared()
		case recBoundSheet:
			first, err = x.firstOf(first)
		case recEOF:
			if first == 0 {
				err = damaged("there is no worksheet")
			}
			return first, err
		}
		if err != nil {
			return 0, err
		}
	}
}

// firstOf takes the sheet of a BOUNDSHEET record, if none was taken before and it is no chart.
func (x *xls) firstOf(first int64) (int64, error) {
	b, err := x.in.octets(6)
	if err != nil || first != 0 || b[5] != 0 {
		return first, err
	}
	return int64(binary.LittleEndian.Uint32(b)), nil
}

// readShared fills the table of strings that cells refer to by number.
func (x *xls) readShared() error {
	b, err := x.in.octets(8)
	if err != nil {
		return err
	}
	for range binary.LittleEndian.Uint32(b[4:]) {
		if x.text, err = x.in.text(x.text[:0]); err != nil {
			return err
		}
		if err := x.shared.add(x.text); err != nil {
			return err
		}
	}
	return nil
}

func (x *xls) next() (cells []string, row int, err error) {
	x.row.reset()
	for begun := false; ; {
		err := x.in.next()
		if err != nil {
			return nil, 0, atRow(x.number, err)
		}
		if x.endsRow(begun) {
			x.in.hold()
			if !begun {
				return nil, 0, io.EOF
			}
			return x.row.cells, x.number, nil
		}
		if begun, err = x.take(begun); err != nil {
			return nil, 0, atRow(x.number, err)
		}
	}
}

// endsRow tells whether the record ends the row begun, or the sheet.
func (x *xls) endsRow(begun bool) bool {
	if x.depth > 1 {
		return false
	}
	return x.in.kind == recEOF || begun && x.isCell() && x.rowOf() != x.number
}

func (x *xls) isCell() bool {
	switch x.in.kind {
	case recNumber, recRK, recMulRK, recLabelSST, recLabel, recRString, recBoolErr, recFormula:
		return len(x.in.rest) >= 4
	}
	return false
}

// rowOf gives the row of a cell, from 1.
func (x *xls) rowOf() int { return int(binary.LittleEndian.Uint16(x.in.rest)) + 1 }

// take reads a record. It tells whether the row has begun.
func (x *xls) take(begun bool) (bool, error) {
	switch {
	case x.in.kind == recBOF:
		x.depth++
	case x.in.kind == recEOF:
		x.depth--
	case x.depth > 1:
	case x.isCell():
		if !begun && x.rowOf() <= x.number {
			return false, damaged("row %d comes after row %d", x.rowOf(), x.number)
		}
		x.number = x.rowOf()
		return true, x.cell()
	case x.in.kind == recString && x.formula >= 0:
		return begun, x.string(x.formula)
	}
	return begun, nil
}
