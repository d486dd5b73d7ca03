package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestEveryKindOfRecordIsRead(t *testing.T) {
	rich := slices.Concat([]byte{2, 0, flagRich | flagPhonetic, 1, 0, 3, 0, 0, 0}, []byte("hi"), make([]byte, 4+3))
	book := xlsBook{rows: [][]any{
		{"имя", nil, 7.7011234567e10, -3, []int{1, 536870911}, true, false},
		{nil},
		{formula{"a"}, formula{2.5}, formula{true}, formula{"Яя"}, " "},
	}, perRecord: 8224}
	var more []byte
	for _, r := range []struct {
		kind uint16
		data []byte
	}{
		{recLabel, slices.Concat([]byte{3, 0, 0, 0, 0, 0}, biffString("label"))},
		{recRString, slices.Concat([]byte{3, 0, 1, 0, 0, 0}, rich)},
		{recBoolErr, []byte{3, 0, 2, 0, 0, 0, 0x07, 1}},
		{recRK, []byte{3, 0, 3, 0, 0, 0, 0x03, 0, 0, 0}}, // whole hundredths: 0
		{recRK, []byte{3, 0, 4, 0, 0, 0, 0x01, 0xC0, 0x5E, 0x40}},
		{recFormula, []byte{3, 0, 5, 0, 0, 0, 2, 0, 0x2A, 0, 0, 0, 0xFF, 0xFF}},
		{recFormula, []byte{3, 0, 6, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0xFF, 0xFF}},
		{0x0201, []byte{4, 0, 9, 0, 0, 0}},                          // blank
		{recBOF, nil}, {recNumber, make([]byte, 14)}, {recEOF, nil}, // a chart on the sheet
		{recRK, []byte{5, 0, 0, 0, 0, 0, 0x06, 0, 0, 0}},
	} {
		more = append(more, record(r.kind, r.data)...)
	}
	stream := book.stream()
	stream = slices.Concat(stream[:len(stream)-4], more, stream[len(stream)-4:])
	lines, err := readAll(t, compoundFile("Workbook", stream), Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines,
		line{1, []string{"имя", "", "77011234567", "-3", "1", "536870911", "TRUE", "FALSE"}},
		line{3, []string{"a", "2.5", "TRUE", "Яя", " "}},
		line{4, []string{"label", "hi", "#DIV/0!", "0", "1.23", "#N/A"}},
		line{6, []string{"1"}},
	)
}

func TestSharedStringsGoOnInOtherRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOfN(rapid.SampledFrom([]rune("ab7éЯ😀")), 1, 40, -1)
		cells := rapid.SliceOfNDistinct(cell, 1, 20, rapid.ID).Draw(t, "cells")
		var rows [][]any
		for _, c := range cells {
			rows = append(rows, []any{c})
		}
		book := xlsBook{rows, rapid.IntRange(12, 60).Draw(t, "octets in a record")}
		lines, err := readAll(t, book.octets(), Options{})
		if err != nil || !slices.EqualFunc(lines, cells, func(l line, c string) bool { return slices.Equal(l.cells, []string{c}) }) {
			t.Fatalf("%v, %v", lines, err)
		}
	})
}

// TestAStreamOfAnySizeIsRead has streams in mini sectors, in sectors that the header knows, and beyond.
func TestAStreamOfAnySizeIsRead(t *testing.T) {
	sizes := []int{1, miniSector, miniSector + 1, miniCutoff - 1, miniCutoff, miniCutoff + 1, 70_000, 7 << 20, 17 << 20}
	for _, size := range sizes {
		want := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
		c, err := openCompound(bytes.NewReader(compoundFile("Workbook", want)), int64(len(compoundFile("Workbook", want))))
		if err != nil {
			t.Fatal(err)
		}
		e, ok, err := c.find("Workbook")
		if !ok || err != nil {
			t.Fatalf("%d octets: %v, %v", size, ok, err)
		}
		s, err := c.open(e)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, size)
		if err := readWhole(s, got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d octets are not the same: %v", size, err)
		}
		if _, err := s.ReadAt(got, 1); err == nil {
			t.Errorf("%d octets have no end", size)
		}
	}
}

func TestAStreamIsReadInTheOrderOfItsChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const sector, base = 4, 3
		chain := rapid.SliceOfNDistinct(rapid.Uint32Range(0, 30), 1, 20, rapid.ID).Draw(t, "chain")
		if rapid.Bool().Draw(t, "in order") {
			slices.Sort(chain)
		}
		file := make([]byte, base+31*sector)
		var want []byte
		for i, s := range chain {
			piece := []byte(fmt.Sprintf("%4d", i))
			copy(file[base+s*sector:], piece)
			want = append(want, piece...)
		}
		want = want[:rapid.IntRange(0, len(want)).Draw(t, "size")]
		s := &stream{bytes.NewReader(file), base, sector, chain, int64(len(want))}
		if err := iotest.TestReader(io.NewSectionReader(s, 0, s.size), want); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADamagedXLSIsNamedAsSuch(t *testing.T) {
	good := xlsBook{[][]any{{"a"}, {1}}, 8224}.octets()
	entryAt := bytes.Index(good, []byte("W\x00o\x00r\x00k")) // of the directory
	rootAt := entryAt - entrySize
	changed := func(at int, octets ...byte) []byte { return patched(good, at, octets...) }
	directory, table := good[48], int(good[headerTables])
	full := patched(good, testSector, bytes.Repeat([]byte{0xFF}, testSector-4)...) // its first sector names no others
	replaced := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	stream := func(octets ...[]byte) []byte { return compoundFile("Workbook", slices.Concat(octets...)) }
	whole := xlsBook{[][]any{{"a"}, {1}}, 8224}.stream()
	for name, c := range map[string]struct {
		octets []byte
		row    int
	}{
		"sectors of 8 octets":       {changed(30, 3), 0},
		"a directory nowhere":       {changed(48, 0, 0xFF), 0},
		"a table nowhere":           {changed(headerTables, 0, 0xFF), 0},
		"a chain in circles":        {changed((table+1)*testSector+4*int(directory), directory, 0, 0, 0), 0},
		"tables in circles":         {patched(patched(patched(full, 2*testSector-4, 0, 0, 0, 0), headerTables, 0xFF, 0xFF, 0xFF, 0xFF), 68, 0, 0, 0, 0), 0},
		"a stream nowhere":          {changed(entryAt+116, 0xFF), 0},
		"a stream beyond its chain": {changed(entryAt+120, 0xFF, 0x0F), 0},
		"a directory in circles":    {changed(entryAt, slices.Concat([]byte{'B'}, good[entryAt+1:entryAt+68], []byte{1, 0, 0, 0, 1, 0, 0, 0})...), 0},
		"a sibling nowhere":         {changed(rootAt+76, 9, 0, 0, 0), 0},
		"no workbook":               {replaced("W\x00o\x00r\x00k", "B\x00o\x00r\x00k"), 0},
		"older than BIFF8":          {stream(record(recBOF, []byte{0, 5, 5, 0})), 0},
		"no record":                 {stream([]byte{1}), 0},
		"a password":                {stream(whole[:12], record(recFilePass, nil)), 0},
		"no worksheet":              {stream(whole[:12], record(recEOF, nil)), 0},
		"a sheet nowhere":           {stream(whole[:12], record(recBoundSheet, []byte{0, 0, 1, 0, 0, 0}), record(recEOF, nil)), 0},
		"a sheet in the middle":     {stream(whole[:12], record(recBoundSheet, []byte{1, 0, 0, 0, 0, 0}), record(recEOF, nil)), 0},
		"too many strings":          {stream(whole[:12], record(recSST, []byte{0, 0, 0, 0, 255, 255, 255, 255}), record(recEOF, nil)), 0},
		"no end":                    {stream(whole[:len(whole)-4]), 2},
		"a string that is not":      {stream(bytes.Replace(whole, record(recLabelSST, make([]byte, 10)), record(recLabelSST, []byte{0, 0, 0, 0, 0, 0, 9, 0, 0, 0}), 1)), 1},
		"a row again":               {stream(whole[:len(whole)-4], record(recRK, make([]byte, 10)), whole[len(whole)-4:]), 2},
		"a cell cut short":          {stream(whole[:len(whole)-4], record(recRK, []byte{5, 0, 0, 0, 0, 0}), whole[len(whole)-4:]), 6},
	} {
		_, err := readAll(t, c.octets, Options{})
		var e *Error
		if !errors.As(err, &e) || e.Kind != ErrDamaged || e.Row != c.row {
			t.Errorf("%s: %v, want damage in row %d", name, err, c.row)
		}
	}
}

func patched(octets []byte, at int, patch ...byte) []byte {
	return slices.Concat(octets[:at], patch, octets[at+len(patch):])
}

func TestHalfACharacterIsRefused(t *testing.T) {
	for _, units := range []string{"\x3d\xd8", "\x3d\xd8a\x00", "\x00\xde"} {
		label := slices.Concat(make([]byte, 6), []byte{byte(len(units) / 2), 0, flagWide}, []byte(units))
		stream := xlsBook{}.stream()
		stream = slices.Concat(stream[:len(stream)-4], record(recLabel, label), record(recEOF, nil))
		if _, err := readAll(t, compoundFile("Workbook", stream), Options{}); !errors.Is(err, ErrCharacter) {
			t.Errorf("%x: %v", units, err)
		}
	}
}

// FuzzXLS gives what is in the workbook, and writes over a part of the file. Small inputs are what it learns from soonest.
func FuzzXLS(f *testing.F) {
	f.Add(xlsBook{[][]any{{"a", "Я", 7.7e10, 1}, {[]int{1, 2}, true}}, 12}.stream(), uint16(0), []byte{})
	f.Add(xlsBook{[][]any{{formula{"b"}, formula{1.5}}}, 8224}.stream(), uint16(headerTables), []byte{1})
	f.Fuzz(func(t *testing.T, stream []byte, at uint16, patch []byte) {
		octets := compoundFile("Workbook", append(stream, 0))
		at = max(at, uint16(len(compoundMagic)))
		copy(octets[min(int(at), len(octets)):], patch)
		_, _ = readAll(t, octets, Options{})
	})
}

func BenchmarkXLS(b *testing.B) {
	numbers, columns := make([][]any, 50_000), make([][]any, 50_000)
	for i := range numbers {
		numbers[i] = []any{float64(77010000000 + i)}
		columns[i] = []any{fmt.Sprint(77010000000 + i), "Айгерим", fmt.Sprint("Your order, A-", i)}
	}
	b.Run("numbers", func(b *testing.B) { benchmarkRows(b, xlsBook{numbers, 8224}.octets(), Options{}) })
	b.Run("columns", func(b *testing.B) { benchmarkRows(b, xlsBook{columns, 8224}.octets(), Options{}) })
}
