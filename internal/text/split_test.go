package text

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSegmentLimitsAreThoseOfTheContract(t *testing.T) {
	repeat := strings.Repeat
	rows := []struct {
		name, text string
		want       Measurement
		ref16      int // parts with a 16-bit reference
	}{
		{"empty", "", Measurement{GSM7, 0, 1}, 1},
		{"160 septets", repeat("a", 160), Measurement{GSM7, 160, 1}, 1},
		{"161 septets", repeat("a", 161), Measurement{GSM7, 161, 2}, 2},
		{"2 full parts with Ref16", repeat("a", 304), Measurement{GSM7, 304, 2}, 2},
		{"2 full parts with Ref8", repeat("a", 306), Measurement{GSM7, 306, 2}, 3},
		{"one more", repeat("a", 307), Measurement{GSM7, 307, 3}, 3},
		{"80 extended", repeat("€", 80), Measurement{GSM7, 160, 1}, 1},
		{"pair on the edge of 160", repeat("a", 159) + "€", Measurement{GSM7, 161, 2}, 2},
		{"pair on the edge of 153", repeat("a", 152) + "€" + repeat("a", 152), Measurement{GSM7, 306, 3}, 3},
		{"70 units", repeat("я", 70), Measurement{UCS2, 70, 1}, 1},
		{"71 units", repeat("я", 71), Measurement{UCS2, 71, 2}, 2},
		{"2 full parts of units", repeat("я", 134), Measurement{UCS2, 134, 2}, 3},
		{"35 surrogate pairs", repeat("😀", 35), Measurement{UCS2, 70, 1}, 1},
		{"surrogate pair on the edge of 67", repeat("я", 66) + "😀" + repeat("я", 66), Measurement{UCS2, 134, 3}, 3},
		{"one character forces UCS-2", repeat("a", 70) + "я", Measurement{UCS2, 71, 2}, 2},
		{"NUL forces UCS-2", "a\x00", Measurement{UCS2, 2, 1}, 1},
		{"line ends do not", "a\r\n\f", Measurement{GSM7, 5, 1}, 1},
	}
	for _, row := range rows {
		if got, err := Measure(row.text); got != row.want || err != nil {
			t.Errorf("%s: %+v, %v, want %+v", row.name, got, err, row.want)
		}
		if parts, err := Split(row.text, Ref16); parts.Len() != row.ref16 || err != nil {
			t.Errorf("%s: %d parts with Ref16, %v, want %d", row.name, parts.Len(), err, row.ref16)
		}
	}
}

func TestUserDataByHand(t *testing.T) {
	long := strings.Repeat("a", 153) + "{b}"
	cyrillic := strings.Repeat("я", 67) + "д1" + "😀"
	rows := []struct {
		text     string
		size     RefSize
		part     int
		starts   string // of the user data, in hex
		length   int
		encoding Encoding
	}{
		{"hi €", Ref8, 0, "6869201b65", 5, GSM7},
		{"да", Ref8, 0, "04340430", 4, UCS2},
		{long + "12345678", Ref8, 0, "050003340201616161", 6 + 153, GSM7},
		{long + "12345678", Ref8, 1, "0500033402021b28621b293132", 6 + 13, GSM7},
		{long + "12345678", Ref16, 0, "060804123402016161", 7 + 152, GSM7},
		{long + "12345678", Ref16, 1, "06080412340202611b28621b29", 7 + 14, GSM7},
		{cyrillic, Ref8, 1, "05000334020204340031d83dde00", 14, UCS2},
		{cyrillic, Ref16, 1, "06080412340202044f04340031d83dde00", 17, UCS2},
	}
	for _, row := range rows {
		parts, err := Split(row.text, row.size)
		if err != nil {
			t.Fatal(err)
		}
		got := parts.At(row.part).AppendUserData(nil, 0x1234)
		if !strings.HasPrefix(hex.EncodeToString(got), row.starts) || len(got) != row.length {
			t.Errorf("%.20q part %d: %d octets, %x, want %d, %s", row.text, row.part, len(got), got, row.length, row.starts)
		}
		if parts.At(row.part).Encoding != row.encoding {
			t.Errorf("%.20q is in %v", row.text, parts.Encoding())
		}
	}
}

func TestSplitRefusesOver255Parts(t *testing.T) {
	for _, row := range []struct {
		character string
		size      RefSize
		most      int
	}{{"a", Ref8, 255 * 153}, {"a", Ref16, 255 * 152}, {"я", Ref8, 255 * 67}, {"😀", Ref8, 255 * 33}} {
		text := strings.Repeat(row.character, row.most)
		if parts, err := Split(text, row.size); parts.Len() != 255 || err != nil {
			t.Errorf("%d × %q: %d parts, %v", row.most, row.character, parts.Len(), err)
		}
		if _, err := Split(text+row.character, row.size); !errors.Is(err, ErrTooLong) {
			t.Errorf("%d × %q and one more: %v", row.most, row.character, err)
		}
	}
}

func TestBrokenUTF8IsRefusedAndNeverReplaced(t *testing.T) {
	for _, text := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "a\xf4\x90\x80\x80"} {
		if _, err := Measure(text); !errors.Is(err, ErrInvalidUTF8) {
			t.Errorf("Measure(%q): %v", text, err)
		}
		if _, err := Split(text, Ref8); !errors.Is(err, ErrInvalidUTF8) {
			t.Errorf("Split(%q): %v", text, err)
		}
	}
	if _, err := Measure("\uFFFD"); err != nil {
		t.Errorf("a U+FFFD that was written is refused: %v", err)
	}
}

func TestForcedNamesEachCharacterOnce(t *testing.T) {
	for text, want := range map[string]string{"plain €": "", "тест": "тес", "a’b’c…": "’…", "абвгдеж": "абвг"} {
		if got := string(Forced(text, 4)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// texts draws texts around the limits, thick with characters of two units.
func texts(t *rapid.T) string {
	characters := rapid.SampledFrom([]string{"a€{ñ", "aяb", "😀я", "ab😀", "€", "é\u0301"}).Draw(t, "characters")
	return rapid.StringOfN(rapid.SampledFrom([]rune(characters)), 0, 600, -1).Draw(t, "text")
}

func TestPartsJoinToTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkParts(t, texts(t), rapid.SampledFrom([]RefSize{Ref8, Ref16}).Draw(t, "size"))
	})
}

// fataler is what rapid's and testing's T have in common.
type fataler interface{ Fatalf(string, ...any) }

// checkParts keeps every promise of Split: over the wire and back the parts give the text, none is
// over its limit, none could take the next one's first character, and Measure counts the same.
func checkParts(t fataler, text string, size RefSize) {
	parts, err := Split(text, size)
	if err != nil {
		t.Fatalf("Split: %v", err)
	}
	if m, err := Measure(text); err != nil || m.Encoding != parts.Encoding() || size == Ref8 && m.Segments != parts.Len() {
		t.Fatalf("Measure says %+v, %v, but Split makes %d parts", m, err, parts.Len())
	}
	var joined strings.Builder
	for i := range parts.Len() {
		joined.WriteString(overTheWire(t, parts, i))
		if i > 0 {
			checkFull(t, parts.At(i-1), parts.At(i), limitJoined(parts.Encoding(), size))
		}
	}
	if joined.String() != text {
		t.Fatalf("%q came back as %q", text, joined.String())
	}
}

// overTheWire is part i as a handset reads it.
func overTheWire(t fataler, parts Parts, i int) string {
	part := parts.At(i)
	data := part.AppendUserData(nil, 0x0102)
	if most := map[Encoding]int{GSM7: 160, UCS2: 140}[part.Encoding]; len(data) > most {
		t.Fatalf("part %d is %d octets long", i, len(data))
	}
	if part.HasUDH() != (parts.Len() > 1) {
		t.Fatalf("part %d of %d: header %v", i, parts.Len(), part.HasUDH())
	}
	if part.HasUDH() {
		place, rest, err := CutUDH(data)
		if err != nil || int(place.Total) != parts.Len() || int(place.Seq) != i+1 {
			t.Fatalf("part %d has header %+v, %v", i, place, err)
		}
		data = rest
	}
	got, err := Decode(part.Encoding.DataCoding(false), data)
	if err != nil || got != part.Text {
		t.Fatalf("part %d: %q became %q, %v", i, part.Text, got, err)
	}
	return got
}

// checkFull fails where the first character of next would still have gone into part.
func checkFull(t fataler, part, next Part, limit int) {
	units := 0
	for _, r := range part.Text {
		units += part.Encoding.units(r)
	}
	first, _ := utf8.DecodeRuneInString(next.Text)
	if units > limit || units+part.Encoding.units(first) <= limit {
		t.Fatalf("a part of %d units of %d stands before %q", units, limit, first)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(strings.Repeat("a€", 100), false)
	f.Add(strings.Repeat("я😀", 50), true)
	f.Add("\xff", true)
	f.Fuzz(func(t *testing.T, text string, wide bool) {
		size := Ref8
		if wide {
			size = Ref16
		}
		switch _, err := Split(text, size); {
		case errors.Is(err, ErrInvalidUTF8) && !utf8.ValidString(text), errors.Is(err, ErrTooLong):
		default:
			checkParts(t, text, size)
		}
	})
}

func TestMeasureDoesNotAllocate(t *testing.T) {
	long := strings.Repeat("Привет 😀", 40)
	if n := testing.AllocsPerRun(100, func() { _, _ = Measure(long) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMeasure(b *testing.B) {
	for name, text := range map[string]string{
		"ascii160":    strings.Repeat("a", 160),
		"ascii1000":   strings.Repeat("a", 1000),
		"cyrillic70":  strings.Repeat("я", 70),
		"cyrillic500": strings.Repeat("я", 500),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Measure(text)
			}
		})
	}
}

func BenchmarkSplitAndEncode(b *testing.B) {
	for name, text := range map[string]string{"ascii160": strings.Repeat("a", 160), "ascii1000": strings.Repeat("a", 1000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			data := make([]byte, 0, 160)
			for b.Loop() {
				parts, _ := Split(text, Ref8)
				for i := range parts.Len() {
					data = parts.At(i).AppendUserData(data[:0], 7)
				}
			}
		})
	}
}
