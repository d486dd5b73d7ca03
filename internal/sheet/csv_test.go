package sheet

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// encodings pairs each with the library's encoder, and with characters that it has.
var encodings = []struct {
	name       string
	marked     string // what the text begins with
	reference  encoding.Encoding
	characters string
}{
	{"KOI8-R", "", charmap.KOI8R, "aЯё║7 "},
	{"CP866", "", charmap.CodePage866, "aЯё№7 "},
	{"WINDOWS-1252", "", charmap.Windows1252, "a€é’7 "},
	{"windows-1251", "", charmap.Windows1251, "aЯё€7 "},
	{"", "", unicode.UTF8, "aЯ€😀\uFFFD7 "},
	{"UTF-8", "\uFEFF", unicode.UTF8, "aЯ€😀7 "},
	{"ASCII", "", charmap.ISO8859_1, "a~\x01\x7f7 "},
	{"ISO-8859-1", "", charmap.ISO8859_1, "aéÿ\u00857 "},
	{"UCS-2", "", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "aЯ€😀਍7 "},
	{"UCS-2", "\uFEFF", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "aЯ€😀਍7 "},
	{"UCS-2", "\uFEFF", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "aЯ€😀਍7 "},
}

// writeCSV is the reference: it encloses what must be, and now and then what need not.
func writeCSV(rows [][]string, o Options, lineEnd string, needless func() bool) string {
	delimiter, enclosure := string(o.Delimiter), string(o.Enclosure)
	var out strings.Builder
	for i, cells := range rows {
		if i > 0 {
			out.WriteString(lineEnd)
		}
		for j, cell := range cells {
			if j > 0 {
				out.WriteString(delimiter)
			}
			if strings.Contains(cell, delimiter) || strings.HasPrefix(cell, enclosure) || strings.ContainsAny(cell, "\r\n") || needless() {
				cell = enclosure + strings.ReplaceAll(cell, enclosure, enclosure+enclosure) + enclosure
			}
			out.WriteString(cell)
		}
	}
	return out.String()
}

// trimmed leaves out what a Reader does: blank rows, and empty cells at the end of others.
func trimmed(rows [][]string) [][]string {
	var kept [][]string
	for _, cells := range rows {
		for len(cells) > 0 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if slices.ContainsFunc(cells, filled) {
			kept = append(kept, cells)
		}
	}
	return kept
}

func TestWhatAReferenceWriterWritesIsReadBack(t *testing.T) {
	separators := []rune(",;\t|:'\"`^a7 ")
	rapid.Check(t, func(t *rapid.T) {
		encoding := rapid.SampledFrom(encodings).Draw(t, "encoding")
		o := Options{Encoding: encoding.name, Delimiter: rapid.SampledFrom(separators).Draw(t, "delimiter")}
		o.Enclosure = rapid.SampledFrom(separators).Filter(func(r rune) bool { return r != o.Delimiter }).Draw(t, "enclosure")
		characters := []rune(encoding.characters + "\r\n" + string(o.Delimiter) + string(o.Enclosure))
		cell := rapid.StringOfN(rapid.SampledFrom(characters), 0, 6, -1)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 4), 1, 5).Draw(t, "rows")
		lineEnd := rapid.SampledFrom([]string{"\n", "\r", "\r\n"}).Draw(t, "line end")
		needless := rapid.Bool()

		written := writeCSV(rows, o, lineEnd, func() bool { return needless.Draw(t, "needless") }) + rapid.SampledFrom([]string{"", lineEnd}).Draw(t, "last")
		octets, err := encoding.reference.NewEncoder().String(encoding.marked + written)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		lines, err := readAll(t, []byte(octets), o)
		if err != nil && err != ErrNoRows {
			t.Fatalf("%q: %v", written, err)
		}
		if !slices.EqualFunc(lines, trimmed(rows), func(l line, want []string) bool { return slices.Equal(l.cells, want) }) {
			t.Fatalf("%q is read as %v", written, lines)
		}
	})
}

func TestRowsHaveTheNumberOfTheLineTheyBeginIn(t *testing.T) {
	for text, want := range map[string][]line{
		"a\nb":                            {{1, []string{"a"}}, {2, []string{"b"}}},
		"\r\n\r\na\r\rb\n\nc":             {{3, []string{"a"}}, {5, []string{"b"}}, {7, []string{"c"}}},
		"'1\n2\r\n3\r4',x\ny":             {{1, []string{"1\n2\r\n3\r4", "x"}}, {5, []string{"y"}}},
		"O'Brien,rock''n''roll\n,'it''s'": {{1, []string{"O'Brien", "rock''n''roll"}}, {2, []string{"", "it's"}}},
		"'',a,'',\n''''":                  {{1, []string{"", "a"}}, {2, []string{"'"}}},
		"a\r":                             {{1, []string{"a"}}},
		" 'a' , b":                        {{1, []string{" 'a' ", " b"}}},
	} {
		lines, err := readAll(t, []byte(text), Options{})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		wantLines(t, lines, want...)
	}
}

func TestABadRowIsNamed(t *testing.T) {
	for _, row := range []struct {
		text, encoding string
		kind           error
		row            int
	}{
		{"a\nb\n'c\n\n", "", ErrDamaged, 3},
		{"a\r\n'b'c", "", ErrDamaged, 2},
		{"a\r\n'b' ,c", "", ErrDamaged, 2},
		{"a\nb\xff\n", "", ErrCharacter, 2},
		{"a\nb\xd0", "UTF-8", ErrCharacter, 2},
		{"a\n\n'b\nc\xe9'", "ASCII", ErrCharacter, 4},
		{"\xEF\xBB\xBFa", "ASCII", ErrCharacter, 1},
		{"a\n\x98", "WINDOWS-1251", ErrCharacter, 2},
		{"a\n\x81", "WINDOWS-1252", ErrCharacter, 2},
		{"\x00a\x00\n\x00", "UCS-2", ErrCharacter, 2},
		{"\x00a\x00\n\xd8\x00\x00a", "UCS-2", ErrCharacter, 2},
		{"\x00a\x00\n\xdc\x00", "UCS-2", ErrCharacter, 2},
		{"\x00a\x00\n\xd8\x00", "UCS-2", ErrCharacter, 2},
		{"a\n\nb" + strings.Repeat(",", maxColumns), "", ErrTooLarge, 3},
		{"a\nb" + strings.Repeat("c", maxCell), "", ErrTooLarge, 2},
	} {
		_, err := readAll(t, []byte(row.text), Options{Encoding: row.encoding})
		var e *Error
		if !errors.As(err, &e) || e.Kind != row.kind || e.Row != row.row {
			t.Errorf("%.20q: %v, want %v in row %d", row.text, err, row.kind, row.row)
		}
	}
}

// FuzzCSV reads anything; what could be read is written by the reference and read again.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\r\n'c,''\r\n',d\n\n"), "", ',', '\'')
	f.Add([]byte("\xEF\xBB\xBFимя;\"я\"\r"), "UTF-8", ';', '"')
	f.Add([]byte("\xFF\xFE7\x00\t\x00\x3d\xd8\x00\xde"), "UCS-2", '\t', '§')
	f.Add([]byte("\xc1\x98|`"), "WINDOWS-1251", '|', '`')
	f.Fuzz(func(t *testing.T, octets []byte, encoding string, delimiter, enclosure rune) {
		o := Options{Encoding: encoding, Delimiter: delimiter, Enclosure: enclosure}
		if o.Check() != nil {
			return
		}
		r := &Reader{src: openCSV(untrusted{strings.NewReader(string(octets))}, int64(len(octets)), o.withDefaults())}
		var rows [][]string
		for {
			cells, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				checkKind(t, err)
				return
			}
			rows = append(rows, slices.Clone(cells))
		}
		written := writeCSV(rows, o.withDefaults(), "\r\n", func() bool { return len(rows)%2 == 0 })
		again, err := readAll(t, append([]byte(nil), "\xEF\xBB\xBF"+written...), Options{Delimiter: delimiter, Enclosure: enclosure})
		if err != nil || !slices.EqualFunc(again, trimmed(rows), func(l line, want []string) bool { return slices.Equal(l.cells, want) }) {
			t.Fatalf("%q is read as %v, %v", written, again, err)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	number := strings.Repeat("77011234567\n", 100_000)
	for _, bench := range []struct{ name, text, encoding string }{
		{"numbers", number, ""},
		{"columns", strings.Repeat("77011234567,Айгерим,'Your order, A-4711'\n", 100_000), ""},
		{"windows-1251", number, "WINDOWS-1251"},
		{"ucs-2", string(bigEndianOctets(number)), "UCS-2"},
	} {
		b.Run(bench.name, func(b *testing.B) { benchmarkRows(b, []byte(bench.text), Options{Encoding: bench.encoding}) })
	}
}

func bigEndianOctets(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// benchmarkRows reports the rows a second.
func benchmarkRows(b *testing.B, octets []byte, o Options) {
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		r, err := openOctets(octets, o)
		for ; err == nil; rows++ {
			_, err = r.Next()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
