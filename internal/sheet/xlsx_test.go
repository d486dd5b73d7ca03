package sheet

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestEveryKindOfCellIsRead(t *testing.T) {
	book := xlsxBook{
		rows: `<row r="2" spans="1:9"><c r="B2" t="s"><v>1</v></c><c r="D2"><v>7.7011234567E10</v></c><c t="b"><v>1</v></c>` +
			`<c t="str"><f>A1&amp;"&lt;"</f><v>a&amp;b</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2026-11-23</v></c></row>` +
			`<!-- none --><x:row xmlns:x="` + mainSpace + `"><x:c t="inlineStr"><x:is><x:r><x:rPr><x:b/></x:rPr><x:t>bo</x:t></x:r><x:r><x:t>ld</x:t></x:r></x:is></x:c></x:row>` +
			`<row r="9"><c r="C9" t="s"><v>0</v></c><c r="A9"><v>1</v></c></row>`,
		shared: `<si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh sb="0" eb="1"><t>never</t></rPh></si>` +
			`<si><t>line_x000D_&#10;next _x00zz_ _x0041</t></si>`,
	}
	lines, err := readAll(t, book.octets(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines,
		line{2, []string{"", "line\r\nnext _x00zz_ _x0041", "", "77011234567", "TRUE", "a&b", "#N/A", "2026-11-23"}},
		line{3, []string{"bold"}},
		line{9, []string{"1", "", "rich "}},
	)
}

func TestPartsAreFoundByTheirRelationships(t *testing.T) {
	moved := xlsxBook{rows: `<row><c t="s"><v>0</v></c></row>`, shared: `<si><t>here</t></si>`}.parts()
	for name, text := range moved {
		delete(moved, name)
		text = strings.ReplaceAll(strings.ReplaceAll(text, "/xl/", "/else/"), "xl/", "else/")
		moved[strings.ToUpper(strings.ReplaceAll(name, "xl/", `else\`))] = text
	}
	lines, err := readAll(t, zipOf(moved), Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines, line{1, []string{"here"}})
}

func TestADamagedXLSXIsNamedAsSuch(t *testing.T) {
	cell := func(c string) map[string]string { return xlsxBook{rows: `<row/><row>` + c + `</row>`}.parts() }
	without := func(name string) map[string]string {
		parts := cell("")
		delete(parts, name)
		return parts
	}
	for name, c := range map[string]struct {
		parts map[string]string
		row   int
	}{
		"nothing in it":         {nil, 0},
		"no relationships":      {without("_rels/.rels"), 0},
		"no workbook":           {without("xl/workbook.xml"), 0},
		"no sheet":              {without("xl/worksheets/a.xml"), 0},
		"no shared strings":     {without("xl/sharedStrings.xml"), 0},
		"a word for a number":   {cell(`<c t="s"><v>x</v></c>`), 2},
		"a string that is not":  {cell(`<c t="s"><v>7</v></c>`), 2},
		"a string below all":    {cell(`<c t="s"><v>-1</v></c>`), 2},
		"a cell nowhere":        {cell(`<c r="7"/>`), 2},
		"a cell without number": {cell(`<c r="ABC"/>`), 2},
		"a row again":           {cell(`</row><row r="2">`), 2},
		"a row of no number":    {cell(`</row><row r="b">`), 2},
		"an end too soon":       {map[string]string{"_rels/.rels": cell("")["_rels/.rels"], "xl/workbook.xml": cell("")["xl/workbook.xml"], "xl/_rels/workbook.xml.rels": strings.ReplaceAll(cell("")["xl/_rels/workbook.xml.rels"], "sharedStrings", "none"), "xl/worksheets/a.xml": `<sheetData><row/><row><c`}, 2},
		"no XML":                {cell(`<`), 2},
		"UTF-16":                {map[string]string{"_rels/.rels": `<?xml version="1.0" encoding="UTF-16"?>`}, 0},
	} {
		_, err := readAll(t, zipOf(c.parts), Options{})
		var e *Error
		if !errors.As(err, &e) || e.Kind != ErrDamaged || e.Row != c.row {
			t.Errorf("%s: %v, want damage in row %d", name, err, c.row)
		}
	}
}

func TestSharedStringsAreKeptApart(t *testing.T) {
	lengths := []int{0, 7, blockSize - 1, 40, 3 * blockSize, 0}
	const count = 12 * cachedBlocks // so that blocks come and go in the cache
	shared := table{dir: t.TempDir()}
	for number := range count {
		if err := shared.add([]byte(numbered(number, lengths[number%len(lengths)]))); err != nil {
			t.Fatal(err)
		}
	}
	for _, stride := range []int{1, count - 1, 5, 7, 311} { // forwards, backwards, to and fro
		for i := range count {
			number := i * stride % count
			if got, err := shared.get(number); got != numbered(number, lengths[number%len(lengths)]) || err != nil {
				t.Fatalf("string %d is %.20q, %v", number, got, err)
			}
		}
	}
	if err := shared.close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskIsNoDamagedFile(t *testing.T) {
	shared := table{dir: t.TempDir() + "/none"}
	if err := shared.add(make([]byte, blockSize)); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged) {
		t.Errorf("kept in a folder that is not there: %v", err)
	}
}

func numbered(number, length int) string {
	return strings.Repeat(fmt.Sprint(number, " "), length/2+1)[:length]
}

// FuzzXLSX gives parts, since no change to a zip file would pass its checksums, and writes over a part of the file.
func FuzzXLSX(f *testing.F) {
	const (
		rows   = `<sheetData><row r="1"><c r="B1" t="s"><v>0</v></c><c><v>7E3</v></c></row></sheetData>`
		shared = `<si><t>a_x0041_</t></si><si><rPh><t>c</t></rPh></si>`
		ties   = `<Relationship Id="r2" Type="worksheet" Target="worksheets/a.xml"/><Relationship Type="sharedStrings" Target="sharedStrings.xml"/>`
	)
	f.Add(rows, shared, ties, uint16(0), []byte{})
	f.Add(`<sheetData><row><c t="inlineStr"><is><t>a</t></is></c></row></sheetData>`, "", ties, uint16(9), []byte{1})
	f.Fuzz(func(t *testing.T, rows, shared, ties string, at uint16, patch []byte) {
		parts := xlsxBook{}.parts()
		parts["xl/worksheets/a.xml"], parts["xl/sharedStrings.xml"], parts["xl/_rels/workbook.xml.rels"] = rows, shared, ties
		octets := zipOf(parts)
		at = max(at, uint16(len(zipMagic)))
		copy(octets[min(int(at), len(octets)):], patch)
		_, _ = readAll(t, octets, Options{})
	})
}

func BenchmarkXLSX(b *testing.B) {
	numbers, strings := make([]string, 50_000), make([][]string, 50_000)
	for i := range numbers {
		numbers[i] = fmt.Sprintf(`<row r="%d"><c r="A%d"><v>%d</v></c></row>`, i+1, i+1, 77010000000+i)
		strings[i] = []string{fmt.Sprint(77010000000 + i), "Айгерим", fmt.Sprint("Your order, A-", i)}
	}
	b.Run("numbers", func(b *testing.B) { benchmarkRows(b, xlsxBook{rows: join(numbers)}.octets(), Options{}) })
	b.Run("columns", func(b *testing.B) { benchmarkRows(b, sharing(strings).octets(), Options{}) })
}

func join(pieces []string) string { return strings.Join(pieces, "") }
