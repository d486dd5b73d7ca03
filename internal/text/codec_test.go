package text

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestUCS2IsBigEndianUTF16(t *testing.T) {
	for text, want := range map[string]string{
		"Я":           "042f",
		"€":           "20ac",
		"\U0001F600":  "d83dde00",
		"\uFFFF":      "ffff",
		"\U00010000":  "d800dc00",
		"a\U0010FFFF": "0061dbffdfff",
	} {
		octets := appendUCS2(nil, text)
		if got := hex.EncodeToString(octets); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
		if got := DecodeUCS2(octets); got != text {
			t.Errorf("%s is %q, want %q", want, got, text)
		}
	}
}

func TestDecodeUCS2NeverLosesAWholeUnit(t *testing.T) {
	for octets, want := range map[string]string{
		"\xd8\x3d":                 "\uFFFD",
		"\xd8\x3d\x00A":            "\uFFFDA",
		"\xde\x00\x00A":            "\uFFFDA",
		"\xd8\x3d\xd8\x3d\xde\x00": "\uFFFD\U0001F600",
		"\x00A\x00":                "A\uFFFD",
		"\xd8\x3d\xde":             "\uFFFD\uFFFD",
		"":                         "",
	} {
		if got := DecodeUCS2([]byte(octets)); got != want {
			t.Errorf("% X is %q, want %q", octets, got, want)
		}
	}
}

func TestDecodeGoesByDataCoding(t *testing.T) {
	rows := []struct {
		coding byte
		octets string
		want   string
	}{
		{0x00, "\x00\x1be", "@€"},
		{0x10, "\x00", "@"}, // class 0 in the general group
		{0xF0, "\x00", "@"}, // class 0
		{0xF3, "\x00", "@"}, // class 3
		{0x01, "@[", "@["},
		{0x03, "@\xe9", "@é"},
		{0x08, "\x04\x2f", "Я"},
		{0x18, "\x04\x2f", "Я"},
	}
	for _, row := range rows {
		got, err := Decode(row.coding, []byte(row.octets))
		if err != nil || got != row.want {
			t.Errorf("data_coding %#02x: %q, %v, want %q", row.coding, got, err, row.want)
		}
	}
	for _, coding := range []byte{0x02, 0x04, 0x06, 0x14, 0xF4, 0xFF} {
		if _, err := Decode(coding, []byte("x")); !errors.Is(err, ErrDataCoding) {
			t.Errorf("data_coding %#02x: %v, want ErrDataCoding", coding, err)
		}
	}
}

func TestDecodeReadsEveryDataCodingWeSend(t *testing.T) {
	for _, s := range []string{"plain {text}", "Привет"} {
		for _, flash := range []bool{false, true} {
			parts, _ := Split(s, Ref8)
			coding := parts.Encoding().DataCoding(flash)
			got, err := Decode(coding, parts.At(0).AppendUserData(nil, 0))
			if err != nil || got != s {
				t.Errorf("data_coding %#02x: %q, %v, want %q", coding, got, err, s)
			}
		}
	}
}

func TestCutUDHReadsHeadersByTheStandard(t *testing.T) {
	alone := Concat{Total: 1, Seq: 1}
	rows := []struct {
		name, octets string
		want         Concat
		rest         string
		err          error
	}{
		{"8-bit", "\x05\x00\x03\x2a\x03\x02hi", Concat{Ref: 42, Total: 3, Seq: 2}, "hi", nil},
		{"16-bit", "\x06\x08\x04\x12\x34\x02\x01hi", Concat{Ref: 0x1234, Size: Ref16, Total: 2, Seq: 1}, "hi", nil},
		{"after another element", "\x09\x24\x02\x01\x01\x00\x03\x07\x02\x02hi", Concat{Ref: 7, Total: 2, Seq: 2}, "hi", nil},
		{"no element", "\x00hi", alone, "hi", nil},
		{"other element", "\x04\x24\x02\x01\x01hi", alone, "hi", nil},
		{"part 0", "\x05\x00\x03\x2a\x03\x00hi", alone, "hi", nil},
		{"part past the end", "\x05\x00\x03\x2a\x03\x04hi", alone, "hi", nil},
		{"wrong length of element", "\x04\x00\x02\x2a\x03hi", alone, "hi", nil},
		{"nothing", "", alone, "", ErrUDH},
		{"header past the end", "\x05\x00\x03\x2a", alone, "", ErrUDH},
		{"longest length, no octets", "\xff", alone, "", ErrUDH},
		{"element past the header", "\x03\x00\x03\x2a\x03\x02", alone, "", ErrUDH},
		{"half an element", "\x01\x00hi", alone, "", ErrUDH},
	}
	for _, row := range rows {
		got, rest, err := CutUDH([]byte(row.octets))
		if got != row.want || string(rest) != row.rest || !errors.Is(err, row.err) {
			t.Errorf("%s: %+v, %q, %v", row.name, got, rest, err)
		}
	}
}

func TestPackSeptetsByHand(t *testing.T) {
	for text, want := range map[string]string{
		"":         "",
		"1":        "31",
		"hello":    "e8329bfd06",
		"12345678": "31d98c56b3dd70",
	} {
		if got := hex.EncodeToString(PackSeptets(nil, appendGSM7(nil, text))); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestUnpackSeptetsUndoesPackSeptets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		septets := rapid.SliceOf(rapid.ByteMax(0x7F)).Draw(t, "septets")
		packed := PackSeptets(nil, septets)
		if got := UnpackSeptets(nil, packed, len(septets)); !bytes.Equal(got, septets) {
			t.Errorf("% X became % X", septets, got)
		}
		if got := UnpackSeptets(nil, packed, 1<<30); len(got)*7 > len(packed)*8 {
			t.Errorf("%d septets from %d octets", len(got), len(packed))
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(byte(0), []byte("A\x1be"))
	f.Add(byte(8), []byte("\xd8\x3d\xde\x00"))
	f.Add(byte(0x18), []byte("\x05\x00\x03\x2a\x03\x02hi"))
	f.Fuzz(func(t *testing.T, coding byte, userData []byte) {
		if _, rest, err := CutUDH(userData); err == nil {
			userData = rest
		}
		got, err := Decode(coding, userData)
		if err != nil {
			return
		}
		if _, err := Measure(got); err != nil {
			t.Errorf("data_coding %#02x, % X: %q is no text: %v", coding, userData, got, err)
		}
	})
}
