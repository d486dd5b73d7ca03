package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

func repeat(w io.Writer, s string, times int) error {
	for range times {
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	return nil
}

// writeSharing writes an XLSX with as many strings as rows.
func writeSharing(w io.Writer, rows int) error {
	const many = "MANY"
	each := map[string]string{
		"xl/worksheets/a.xml":  `<row r="%[1]d"><c r="A%[1]d"><v>770%08[1]d</v></c><c r="B%[1]d" t="s"><v>%[2]d</v></c></row>`,
		"xl/sharedStrings.xml": `<si><t>Your order, A-%[1]d, is ready to be collected</t></si>`,
	}
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for name, text := range (xlsxBook{many, many}).parts() {
		part, err := archive.Create(name)
		if err != nil {
			return err
		}
		out := bufio.NewWriter(part)
		before, after, _ := strings.Cut(text, many)
		fmt.Fprint(out, before)
		if each[name] != "" {
			for i := range rows {
				fmt.Fprintf(out, each[name], i+1, i)
			}
		}
		fmt.Fprint(out, after)
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return archive.Close()
}

// writeBomb writes an XLSX whose sheet is a text many times over. It is compressed once: a flushed piece of a DEFLATE
// stream can be repeated.
func writeBomb(w io.Writer, text string, times int) error {
	var piece bytes.Buffer
	packer, err := flate.NewWriter(&piece, flate.BestCompression)
	if err == nil {
		_, err = packer.Write([]byte(text))
	}
	if err == nil {
		err = packer.Flush()
	}
	if err != nil {
		return err
	}
	parts, archive := xlsxBook{}.parts(), zip.NewWriter(w)
	bomb, err := archive.CreateRaw(&zip.FileHeader{
		Name: "xl/worksheets/a.xml", Method: zip.Deflate,
		CompressedSize64: uint64(piece.Len() * times), UncompressedSize64: uint64(len(text) * times),
	})
	if err != nil {
		return err
	}
	if err := repeat(bomb, piece.String(), times); err != nil {
		return err
	}
	delete(parts, "xl/worksheets/a.xml")
	for name, text := range parts {
		part, err := archive.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, text); err != nil {
			return err
		}
	}
	return archive.Close()
}

// writeParts writes a zip file that lists a million parts.
func writeParts(w io.Writer) error {
	const count, entry = 1_000_000, 46
	if _, err := w.Write(zipMagic); err != nil {
		return err
	}
	if err := repeat(w, "PK\x01\x02"+strings.Repeat("\x00", entry-4), count); err != nil {
		return err
	}
	end := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
	end = binary.LittleEndian.AppendUint16(end, count&0xFFFF)
	end = binary.LittleEndian.AppendUint16(end, count&0xFFFF)
	end = binary.LittleEndian.AppendUint32(end, count*entry)
	end = binary.LittleEndian.AppendUint32(end, uint32(len(zipMagic)))
	_, err := w.Write(append(end, 0, 0))
	return err
}

// writeStreams writes a compound file of many streams, each the sibling of the one before, and no workbook.
func writeStreams(w io.Writer) error {
	const count = 500_000
	directory := directoryEntry("Root Entry", rootEntry, 1, endOfChain, 0)
	for i := range count {
		e := directoryEntry("Data", streamEntry, noEntry, endOfChain, 0)
		if i < count-1 {
			binary.LittleEndian.PutUint32(e[72:], uint32(i+2))
		}
		directory = append(directory, e...)
	}
	var file compoundWriter
	first := file.put(directory)
	_, err := w.Write(file.file(first, endOfChain))
	return err
}

// writeFullXLS writes as many rows as a sheet can have, with strings of their own.
func writeFullXLS(w io.Writer) error {
	rows := make([][]any, 1<<16)
	for i := range rows {
		rows[i] = []any{float64(77010000000 + i), fmt.Sprintf("Your order, A-%d, is ready to be collected at %s", i, strings.Repeat("home ", 20))}
	}
	_, err := w.Write(xlsBook{rows, 8224}.octets())
	return err
}
