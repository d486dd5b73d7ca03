package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// xlsx is a workbook with these rows of text on its one sheet (ECMA-376 §18.3).
func xlsx(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	var sheet strings.Builder
	for _, row := range rows {
		sheet.WriteString("<row>")
		for _, cell := range row {
			fmt.Fprintf(&sheet, `<c t="inlineStr"><is><t>%s</t></is></c>`, cell)
		}
		sheet.WriteString("</row>")
	}
	const (
		main      = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
		relations = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
		office    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", `<Relationships ` + relations + `><Relationship Id="r1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + main + ` xmlns:r="` + office + `"><sheets><sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships ` + relations + `><Relationship Id="r1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + main + `><sheetData>` + sheet.String() + `</sheetData></worksheet>`},
	} {
		f, err := w.Create(part.name)
		if err == nil {
			_, err = f.Write([]byte(part.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAFileIsImportedWholeOrNotAtAll: what is damaged is answered with code 12, or its task
// is rejected; it leaves no recipient, and the campaign takes the next file.
func TestAFileIsImportedWholeOrNotAtAll(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		arrived := newArrivals()
		s := newSite(t, url, options{carrier: startSimulator(t, smsc.Config{OnMessage: arrived.note}).Addr()})
		server := s.serve()
		var id string
		server.call(t, 0, &id, "campaign/create", "data[type]", "3", "data[text]", "Hello {name}")

		rows := [][]string{{"name", "recipient"}}
		for i := range 1000 {
			rows = append(rows, []string{fmt.Sprintf("Guest %d", i), fmt.Sprintf("7701%05d%02d", i, 20+i%80)})
		}
		good := xlsx(t, rows...)
		long := "recipient,name\n" + strings.Repeat("77010000020,Ann\n", 5000)
		for _, tt := range []struct {
			name string
			file string
			code int
		}{
			{"the beginning of a workbook", string(good[:len(good)/2]), 12},
			{"a zip file of something else", "PK\x03\x04 and nothing more", 12},
			{"the beginning of an XLS", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 500), 12},
			{"a header twice", "recipient,name,name\n77010000020,Ann,Anna\n", 12},
			{"a wrong encoding at its end", long + "77010000021,\xc0\xed\xed\xe0\n", 100},
			{"a quote that never ends", long + "77010000021,'Anna\n", 100},
		} {
			var task int64
			server.upload(t, tt.code, &task, "campaign/addRecipients", "recipientsFile", []byte(tt.file), "id", id)
			if tt.code == 100 {
				server.taskEnds(t, task, 3)
			}
			if n := (&campaigning{site: s, id: id}).info(server.caller).count("totalMsgNum"); n != 0 {
				t.Errorf("%s leaves %d recipients", tt.name, n)
			}
		}

		var task int64
		server.upload(t, 100, &task, "campaign/addRecipients", "recipientsFile", good, "id", id)
		server.taskEnds(t, task, 2)
		server.call(t, 0, nil, "campaign/send", "id", id)
		server.campaignBecomes(t, id, "DONE")
		if counts := arrived.counts(); len(counts) != 1000 || counts["Hello Guest 999"] != 1 || arrived.doubled() != 0 {
			t.Errorf("%d of 1000 arrived", len(counts))
		}
		s.settle().balanced(t)
		server.stop()
	})
}
