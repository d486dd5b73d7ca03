// Package sheet reads tables that users hand in, row by row: delimited text (CSV), Excel 97 workbooks (XLS, BIFF8) and
// Office Open XML workbooks (XLSX). A workbook is read for its first sheet.
//
// Files come from strangers. Whatever a file holds, reading it takes less than 32 MB of memory, ends, and leaves nothing
// behind. What does not fit goes to a temporary file; what is beyond the limits below is an error.
package sheet

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxRows     = 2_000_000 // blank ones included
	maxColumns  = 256       // the width of an XLS sheet
	maxCell     = 32_767    // characters in a cell; Excel has the same limit
	maxRow      = 1 << 20   // octets of UTF-8 in a row
	maxUnpacked = 1 << 30   // octets that the parts of an XLSX file may unpack to
)

// Options say how to read a file. All but TempDir is about CSV.
type Options struct {
	Encoding  string // KOI8-R, CP866, WINDOWS-1251, WINDOWS-1252, ISO-8859-1, ASCII, UCS-2, UTF-8 (the default)
	Delimiter rune   // 0 is a comma
	Enclosure rune   // the quote character; 0 is an apostrophe
	TempDir   string // "" is that of the system
}

// Check returns ErrEncoding, ErrDelimiter, ErrEnclosure or nil.
func (o Options) Check() error {
	o = o.withDefaults()
	switch {
	case findEncoding(o.Encoding) == nil:
		return ErrEncoding
	case !separates(o.Delimiter):
		return ErrDelimiter
	case !separates(o.Enclosure), o.Enclosure == o.Delimiter:
		return ErrEnclosure
	}
	return nil
}

func separates(r rune) bool {
	return r > 0 && r != '\r' && r != '\n' && r != utf8.RuneError && utf8.ValidRune(r)
}

func (o Options) withDefaults() Options {
	if o.Encoding == "" {
		o.Encoding = "UTF-8"
	}
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if o.Enclosure == 0 {
		o.Enclosure = '\''
	}
	return o
}

// source is a file of one format.
type source interface {
	// next gives the next row, blank or not, and its number; io.EOF after the last. The slice is good until the next call.
	next() (cells []string, row int, err error)
	// progress is the part of the rows that was read, 0 to 1.
	progress() float64
	close() error
}

// Open finds out what a file is by how it begins, and reads a workbook up to its first row. The file stays the
// caller's; one that fails when a context ends makes reading end soon after.
func Open(file io.ReaderAt, size int64, o Options) (*Reader, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	src, err := openSource(untrusted{file}, size, o.withDefaults())
	if err != nil {
		return nil, err
	}
	return &Reader{src: src}, nil
}

func openSource(file io.ReaderAt, size int64, o Options) (source, error) {
	head := make([]byte, len(compoundMagic))
	n, err := file.ReadAt(head, 0)
	switch {
	case err != nil && err != io.EOF:
		return nil, err
	case bytes.HasPrefix(head[:n], compoundMagic):
		return openXLS(file, size, o.TempDir)
	case bytes.HasPrefix(head[:n], zipMagic), bytes.HasPrefix(head[:n], emptyZipMagic):
		return openXLSX(file, size, o.TempDir)
	}
	return openCSV(file, size, o), nil
}

// Reader gives the rows of a file. It is used by one goroutine at a time.
type Reader struct {
	src   source
	row   int
	seen  int
	given bool
	err   error // what Next ended with
}

// Next gives the cells of the next row that is not blank: one that holds more than white space. Cells at a row's end
// may be missing. The slice is used again by the next call; its strings may be kept. After the last row Next returns
// io.EOF, or ErrNoRows where there was none. Once it has failed, it fails alike forever.
func (r *Reader) Next() ([]string, error) {
	for r.err == nil {
		cells, err := r.advance()
		if err != nil {
			r.err = err
		} else if slices.ContainsFunc(cells, filled) {
			r.given = true
			return cells, nil
		}
	}
	return nil, r.err
}

func (r *Reader) advance() ([]string, error) {
	cells, row, err := r.src.next()
	if err == io.EOF && !r.given {
		return nil, ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	r.row = row
	if r.seen++; r.seen > maxRows {
		return nil, &Error{ErrTooLarge, row, "too many rows"}
	}
	if slices.ContainsFunc(cells, hasNUL) {
		return nil, &Error{ErrCharacter, row, "NUL"}
	}
	return cells, nil
}

func filled(cell string) bool { return strings.TrimSpace(cell) != "" }

// hasNUL finds what no text has, but any text in 16-bit characters that is read as one in 8-bit characters.
func hasNUL(cell string) bool { return strings.IndexByte(cell, 0) >= 0 }

// Row is the number of the row that Next gave last, from 1; in CSV, the line it begins in.
func (r *Reader) Row() int { return r.row }

// Progress is the part of the rows that was read, 0 to 1, by octets.
func (r *Reader) Progress() float64 { return min(r.src.progress(), 1) }

// Close frees what the reader holds, but not the file.
func (r *Reader) Close() error { return r.src.close() }

// portion is the part of a file that was read and is not in a buffer any more.
func portion(file *io.SectionReader, buffered int) float64 {
	read, err := file.Seek(0, io.SeekCurrent)
	if err != nil || file.Size() == 0 {
		return 1
	}
	return float64(read-int64(buffered)) / float64(file.Size())
}
