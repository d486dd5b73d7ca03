package sheet

import "unicode/utf8"

// cellRow gathers the cells of a row, within the limits.
type cellRow struct {
	cells []string
	size  int // octets
}

func (r *cellRow) reset() { r.cells, r.size = r.cells[:0], 0 }

// put sets the cell of a column, from 0. An empty cell makes the row no wider: spreadsheets have a million of them, for
// their borders and colours.
func (r *cellRow) put(column int, cell string) error {
	if cell == "" {
		return nil
	}
	r.size += len(cell)
	switch {
	case column >= maxColumns:
		return tooManyColumns()
	case len(cell) > maxCell && utf8.RuneCountInString(cell) > maxCell:
		return cellTooLong()
	case r.size > maxRow:
		return rowTooLong()
	}
	for len(r.cells) <= column {
		r.cells = append(r.cells, "")
	}
	r.cells[column] = cell
	return nil
}

func tooManyColumns() error { return tooLarge("over %d columns", maxColumns) }
func cellTooLong() error    { return tooLarge("a cell of over %d characters", maxCell) }
func rowTooLong() error     { return tooLarge("a row of over %d octets", maxRow) }
