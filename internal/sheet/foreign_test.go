package sheet

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestAnotherProgramsXLSXIsRead has files of a program that shares no mistake with the writer of these tests.
func TestAnotherProgramsXLSXIsRead(t *testing.T) {
	for name, write := range map[string]func(*excelize.File) error{
		"cell by cell": writeCells,
		"as a stream":  writeStream,
	} {
		book := excelize.NewFile()
		err := write(book)
		var octets bytes.Buffer
		if err == nil {
			err = book.Write(&octets)
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, err := readAll(t, octets.Bytes(), Options{TempDir: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantLines(t, lines,
			line{1, []string{"recipient", "имя <&>", "line\r\nnext"}},
			line{3, []string{"77011234567", "", "0.1", "TRUE"}},
		)
	}
}

var foreignRows = map[string][]any{
	"A1": {"recipient", "имя <&>", "line\r\nnext"},
	"A3": {77011234567, nil, 0.1, true},
}

func writeCells(book *excelize.File) error {
	for at, cells := range foreignRows {
		if err := book.SetSheetRow("Sheet1", at, &cells); err != nil {
			return err
		}
	}
	_, err := book.NewSheet("Another")
	return err
}

func writeStream(book *excelize.File) error {
	w, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	for _, at := range []string{"A1", "A3"} {
		if err := w.SetRow(at, foreignRows[at]); err != nil {
			return err
		}
	}
	return w.Flush()
}
