package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// xlsxBook holds the XML of what differs: rows stand in sheetData, shared in sst.
type xlsxBook struct{ rows, shared string }

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	mainSpace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
)

func (b xlsxBook) parts() map[string]string {
	relation := func(id, kind, target string) string {
		return fmt.Sprintf(`<Relationship Id=%q Type="%s/%s" Target=%q/>`, id, relations, kind, target)
	}
	return map[string]string{
		"_rels/.rels":                `<Relationships>` + relation("r1", "officeDocument", "xl/workbook.xml") + `</Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="` + relations + `"><sheets><sheet name="A" sheetId="1" r:id="r2"/><sheet name="B" sheetId="2" r:id="r9"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships>` + relation("r9", "worksheet", "worksheets/b.xml") + relation("r2", "worksheet", "/xl/worksheets/a.xml") + relation("r3", "sharedStrings", "sharedStrings.xml") + `</Relationships>`,
		"xl/worksheets/a.xml":        `<worksheet xmlns="` + mainSpace + `"><dimension ref="A1:XFD1048576"/><sheetData>` + b.rows + `</sheetData><mergeCells/></worksheet>`,
		"xl/sharedStrings.xml":       `<sst>` + b.shared + `</sst>`,
	}
}

// octets gives the workbook as a file.
func (b xlsxBook) octets() []byte { return zipOf(b.parts()) }

func zipOf(parts map[string]string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		method := zip.Store // fast, and enough for what is small
		if len(parts[name]) > 1<<16 {
			method = zip.Deflate
		}
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = part.Write([]byte(xmlHead + parts[name]))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// sharing writes cells that all share strings.
func sharing(rows [][]string) xlsxBook {
	var b xlsxBook
	var sheet, shared strings.Builder
	count := 0
	for _, cells := range rows {
		sheet.WriteString("<row>")
		for _, cell := range cells {
			fmt.Fprintf(&sheet, `<c t="s"><v>%d</v></c>`, count)
			fmt.Fprintf(&shared, `<si><t xml:space="preserve">%s</t></si>`, cell)
			count++
		}
		sheet.WriteString("</row>")
	}
	b.rows, b.shared = sheet.String(), shared.String()
	return b
}
