package sheet

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// line is a row as a Reader gives it.
type line struct {
	row   int
	cells []string
}

func openOctets(octets []byte, o Options) (*Reader, error) {
	return Open(bytes.NewReader(octets), int64(len(octets)), o)
}

// readAll gives the rows up to the end or an error; io.EOF is none. Whatever the file: rows keep the limits and are not
// blank, the same error comes again, and an error is of a known kind.
func readAll(t fataler, octets []byte, o Options) ([]line, error) {
	r, err := openOctets(octets, o)
	if err != nil {
		checkKind(t, err)
		return nil, err
	}
	var lines []line
	for {
		cells, err := r.Next()
		if err != nil {
			checkKind(t, err)
			if _, again := r.Next(); again != err {
				t.Fatalf("Next fails with %v, then with %v", err, again)
			}
			if err := r.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			if err == io.EOF {
				err = nil
			}
			return lines, err
		}
		lines = append(lines, line{r.Row(), slices.Clone(cells)})
		checkRow(t, lines, r.Progress())
	}
}

// fataler is what rapid's and testing's T have in common.
type fataler interface{ Fatalf(string, ...any) }

func checkKind(t fataler, err error) {
	var e *Error
	known := errors.As(err, &e) && (errors.Is(e, ErrDamaged) || errors.Is(e, ErrTooLarge) || errors.Is(e, ErrCharacter))
	if !known && err != io.EOF && err != ErrNoRows {
		t.Fatalf("an error of no known kind: %v", err)
	}
}

func checkRow(t fataler, lines []line, progress float64) {
	last := lines[len(lines)-1]
	if len(last.cells) > maxColumns || !slices.ContainsFunc(last.cells, filled) || progress < 0 || progress > 1 {
		t.Fatalf("row %d: %d columns, %v done: %.100q", last.row, len(last.cells), progress, last.cells)
	}
	if n := len(lines); n > 1 && last.row <= lines[n-2].row {
		t.Fatalf("row %d after row %d", last.row, lines[n-2].row)
	}
}

func wantLines(t *testing.T, got []line, want ...line) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v, want\n%v", got, want)
	}
}

func TestNumbersAreShownWithTheirDigits(t *testing.T) {
	for text, want := range map[string]string{
		"77011234567": "77011234567", "7.7011234567E+10": "77011234567", "7.7011234566999998E10": "77011234567",
		"77011234567.0": "77011234567", "0.1": "0.1", "0.30000000000000004": "0.3", "-12.5": "-12.5", "1e25": "1E+25",
		"123456789012345678": "123456789012346000", "-0": "0", "0": "0", "007": "007", "1E-12": "1E-12", "0.000001": "0.000001",
		"text": "text", "NaN": "NaN", "1e999": "1e999", "": "", "45000.5": "45000.5",
	} {
		if got := showDecimal(text); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
}

func TestAFileWithoutRowsIsAnError(t *testing.T) {
	for name, octets := range map[string][]byte{
		"CSV": nil, "CSV of blank lines": []byte("\n ,\t,\r\n''\n"), "XLS": xlsBook{}.octets(), "XLSX": xlsxBook{}.octets(),
		"XLSX of blank rows": xlsxBook{rows: `<row r="7"><c r="C7" s="1"/></row><row/>`}.octets(),
		"XLS of blank cells": xlsBook{rows: [][]any{{""}, {" "}}}.octets(),
	} {
		if lines, err := readAll(t, octets, Options{}); err != ErrNoRows || lines != nil {
			t.Errorf("%s: %v, %v", name, lines, err)
		}
	}
}

func TestUnusableOptionsAreToldApart(t *testing.T) {
	for _, row := range []struct {
		o    Options
		want error
	}{
		{Options{}, nil},
		{Options{Encoding: "windows-1251", Delimiter: '\t', Enclosure: '"'}, nil},
		{Options{Encoding: "UTF-7"}, ErrEncoding},
		{Options{Delimiter: '\n'}, ErrDelimiter},
		{Options{Delimiter: -1}, ErrDelimiter},
		{Options{Delimiter: 0xD800}, ErrDelimiter},
		{Options{Enclosure: '\r'}, ErrEnclosure},
		{Options{Enclosure: ','}, ErrEnclosure},
		{Options{Delimiter: '\''}, ErrEnclosure},
	} {
		if _, err := openOctets([]byte("a"), row.o); err != row.want {
			t.Errorf("%+v: %v, want %v", row.o, err, row.want)
		}
	}
}

// failing is a disk that fails behind an octet.
type failing struct {
	io.ReaderAt
	at int64
}

var errDisk = errors.New("disk")

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.at {
		return 0, errDisk
	}
	return f.ReaderAt.ReadAt(p, at)
}

func TestAFailingDiskIsNoDamagedFile(t *testing.T) {
	for name, octets := range smallFiles() {
		for at := range len(octets) {
			r, err := Open(failing{bytes.NewReader(octets), int64(at)}, int64(len(octets)), Options{})
			for err == nil {
				_, err = r.Next()
			}
			if err != io.EOF && !errors.Is(err, errDisk) || errors.Is(err, ErrDamaged) {
				t.Fatalf("%s, failing at %d: %v", name, at, err)
			}
		}
	}
}

// smallFiles has one of each format, of the same table.
func smallFiles() map[string][]byte {
	return map[string][]byte{
		"CSV":  []byte("recipient,имя\n77011234567,'Айгерим, 😀'\n"),
		"XLS":  xlsBook{[][]any{{"recipient", "имя"}, {7.7011234567e10, "Айгерим, 😀"}}, 8224}.octets(),
		"XLSX": xlsxBook{rows: `<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c><v>7.7011234567E10</v></c><c t="inlineStr"><is><t>Айгерим, 😀</t></is></c></row>`, shared: `<si><t>recipient</t></si><si><t>имя</t></si>`}.octets(),
	}
}

func TestTheFormatIsFoundByTheContents(t *testing.T) {
	for name, octets := range smallFiles() {
		lines, err := readAll(t, octets, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantLines(t, lines, line{1, []string{"recipient", "имя"}}, line{2, []string{"77011234567", "Айгерим, 😀"}})
	}
}

func TestACutFileGivesRowsOrAnError(t *testing.T) {
	for name, octets := range smallFiles() {
		whole, _ := readAll(t, octets, Options{})
		for size := range len(octets) {
			lines, err := readAll(t, octets[:size], Options{})
			if name != "CSV" && size >= len(compoundMagic) && err == nil && !reflect.DeepEqual(lines, whole) {
				t.Fatalf("%s, cut at %d of %d: %v and no error", name, size, len(octets), lines)
			}
		}
	}
}

func TestWhatIsBeyondALimitIsTooLarge(t *testing.T) {
	long := strings.Repeat("я", maxCell)
	wide := strings.Repeat("a,", maxColumns-1) + "a"
	for name, octets := range map[string][]byte{
		"CSV cell":       []byte(long + "я"),
		"CSV columns":    []byte(wide + ",a"),
		"CSV row":        []byte(strings.Repeat(long+",", 20)),
		"CSV never ends": []byte("'" + strings.Repeat("a", 2*maxRow)),
		"CSV rows":       bytes.Repeat([]byte("\n"), maxRows+1),
		"XLSX cell":      sharing([][]string{{long + "я"}}).octets(),
		"XLSX far cell":  xlsxBook{rows: `<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`}.octets(),
		"XLSX columns":   xlsxBook{rows: "<row>" + strings.Repeat("<c><v>1</v></c>", 1_000_000) + "</row>"}.octets(),
		"XLSX row":       sharing([][]string{slices.Repeat([]string{long}, 20)}).octets(),
		"XLSX rows":      xlsxBook{rows: strings.Repeat("<row/>", maxRows+1)}.octets(),
		"XLSX token":     xlsxBook{rows: "<row><c><v>" + strings.Repeat("1", maxPiece+1)}.octets(),
		"XLSX pieces":    xlsxBook{rows: "<row><c><v>" + strings.Repeat("1<!---->", maxPiece+1)}.octets(),
		"XLS cell":       xlsBook{[][]any{{long + "я"}}, 8224}.octets(),
		"XLS columns":    xlsBook{[][]any{{slices.Repeat([]int{1}, maxColumns+1)}}, 8224}.octets(),
		"XLS row":        xlsBook{[][]any{slices.Repeat([]any{long}, 20)}, 8224}.octets(),
	} {
		if _, err := readAll(t, octets, Options{}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, octets := range map[string][]byte{
		"CSV cell": []byte(long), "CSV columns": []byte(wide),
		"CSV rows":           append(bytes.Repeat([]byte("\r\n"), maxRows-1), 'a'),
		"XLSX cell":          sharing([][]string{{long}}).octets(),
		"XLSX blank cells":   xlsxBook{rows: `<row><c r="A1"><v>1</v></c><c r="XFD1" s="4"/></row>`}.octets(),
		"XLSX lone low cell": xlsxBook{rows: `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`}.octets(),
		"XLS cell":           xlsBook{[][]any{{long}}, 8224}.octets(), "XLS columns": xlsBook{[][]any{{slices.Repeat([]int{1}, maxColumns)}}, 8224}.octets(),
	} {
		if _, err := readAll(t, octets, Options{}); err != nil {
			t.Errorf("%s at its limit: %v", name, err)
		}
	}
}

func TestNULIsNoCharacter(t *testing.T) {
	utf16 := []byte("7\x007\x000\x00")
	for name, octets := range map[string][]byte{
		"CSV": utf16, "XLSX": sharing([][]string{{"a_x0000_"}}).octets(), "XLS": xlsBook{[][]any{{"a\x00"}}, 8224}.octets(),
	} {
		if _, err := readAll(t, octets, Options{}); !errors.Is(err, ErrCharacter) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
