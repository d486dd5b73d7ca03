package sheet

import (
	"errors"
	"io"
	"strconv"
)

// xlsx reads the first sheet of an Office Open XML workbook (ECMA-376 Part 1 §18.3).
type xlsx struct {
	sheet  *part
	shared table
	number int // of the row
	row    cellRow
	text   []byte // of the cell
}

func openXLSX(file io.ReaderAt, size int64, tempDir string) (source, error) {
	x := &xlsx{shared: table{dir: tempDir}}
	if err := x.open(file, size); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

func (x *xlsx) open(file io.ReaderAt, size int64) error {
	book, err := openArchive(file, size)
	if err != nil {
		return err
	}
	workbook, err := book.related("", func(r relationship) bool { return r.kind == "officeDocument" })
	if err != nil {
		return err
	}
	if err := x.readShared(book, workbook); err != nil {
		return err
	}
	first, err := firstSheet(book, workbook)
	if err != nil {
		return err
	}
	if x.sheet, err = book.open(first); err != nil {
		return err
	}
	if err := x.sheet.find("sheetData"); err != io.EOF {
		return err
	}
	return damaged("the first sheet is no worksheet")
}

func (x *xlsx) close() error {
	if x.sheet == nil {
		return x.shared.close()
	}
	return errors.Join(x.sheet.close(), x.shared.close())
}

func (x *xlsx) progress() float64 {
	if x.sheet.size == 0 {
		return 1
	}
	return float64(x.sheet.read) / float64(x.sheet.size)
}

// firstSheet gives the part of the sheet whose tab comes first.
func firstSheet(book *archive, workbook string) (name string, err error) {
	list, err := book.open(workbook)
	if err != nil {
		return "", err
	}
	defer list.close()
	if err := list.find("sheet"); err != nil {
		return "", unfinished(err, "sheets")
	}
	id, err := list.attribute("id")
	if err != nil {
		return "", err
	}
	name, err = book.related(workbook, func(r relationship) bool { return r.id == id })
	if err == nil && name == "" {
		err = damaged("the first sheet is in no part")
	}
	return name, err
}

// readShared fills the table of strings that cells refer to by number.
func (x *xlsx) readShared(book *archive, workbook string) error {
	name, err := book.related(workbook, func(r relationship) bool { return r.kind == "sharedStrings" })
	if err != nil || name == "" {
		return err
	}
	list, err := book.open(name)
	if err != nil {
		return err
	}
	defer list.close()
	for {
		if err := list.find("si"); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if x.text, err = list.value(x.text[:0], "si"); err != nil {
			return err
		}
		if err := x.shared.add(unescape(x.text)); err != nil {
			return err
		}
	}
}

func (x *xlsx) next() (cells []string, row int, err error) {
	for {
		if err := x.sheet.next(); err != nil {
			return nil, 0, atRow(x.number, unfinished(err, "sheetData"))
		}
		switch {
		case x.sheet.ends("sheetData"):
			return nil, 0, io.EOF
		case x.sheet.starts("row"):
			err := x.readRow()
			return x.row.cells, x.number, atRow(x.number, err)
		}
	}
}

// readRow reads a row up to its end. A row without a number comes right after the one before; so does a cell.
func (x *xlsx) readRow() error {
	x.row.reset()
	if err := x.advance(); err != nil {
		return err
	}
	for column := 0; ; {
		if err := x.sheet.next(); err != nil {
			return unfinished(err, "row")
		}
		switch {
		case x.sheet.ends("row"):
			return nil
		case x.sheet.starts("c"):
			var err error
			if column, err = x.readCell(column); err != nil {
				return err
			}
		}
	}
}

// readCell reads a cell up to its end, and gives the column of the next one.
func (x *xlsx) readCell(column int) (next int, err error) {
	at, err := x.sheet.attribute("r")
	if err == nil && at != "" {
		column, err = columnOf(at)
	}
	if err != nil {
		return 0, err
	}
	kind, err := x.sheet.attribute("t")
	if err != nil {
		return 0, err
	}
	value, err := x.value(kind)
	if err != nil {
		return 0, err
	}
	return column + 1, x.row.put(column, value)
}

// advance sets the number of the row.
func (x *xlsx) advance() error {
	number, err := x.sheet.attribute("r")
	if err != nil {
		return err
	}
	n := x.number + 1
	if number != "" {
		n, err = strconv.Atoi(number)
	}
	if err != nil || n <= x.number {
		return damaged("row %.20q comes after row %d", number, x.number)
	}
	x.number = n
	return nil
}

// value reads a cell up to its end; kind is its attribute t (ECMA-376 Part 1 §18.18.11).
func (x *xlsx) value(kind string) (value string, err error) {
	if x.text, err = x.sheet.value(x.text[:0], "c"); err != nil || len(x.text) == 0 {
		return "", err
	}
	switch kind {
	case "", "n":
		return showDecimal(string(x.text)), nil
	case "b":
		return showBool(string(x.text) == "1"), nil
	case "s":
		number, err := strconv.Atoi(string(x.text))
		if err != nil {
			return "", damaged("a cell with a shared string %.20q", x.text)
		}
		return x.shared.get(number)
	}
	return string(unescape(x.text)), nil
}

// columnOf gives the column of a reference like AB12, from 0. One beyond the limit is any number beyond it.
func columnOf(reference string) (int, error) {
	column := 0
	for i, r := range reference {
		if r < 'A' || r > 'Z' {
			if i == 0 {
				break
			}
			return column - 1, nil
		}
		column = min(column*26+int(r-'A')+1, 1<<20)
	}
	return 0, damaged("a cell at %.20q", reference)
}
