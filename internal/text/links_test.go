package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAddressesAreFoundAsPeopleWriteThem(t *testing.T) {
	for _, row := range []struct {
		text string
		want []string
	}{
		{"See https://shop.example/a?b=1&c=%D0%B6#d.", []string{"https://shop.example/a?b=1&c=%D0%B6#d"}},
		{"HTTP://A.example,WWW.b.example!", []string{"HTTP://A.example,WWW.b.example"}},
		{"HTTP://A.example, WWW.b.example!..", []string{"HTTP://A.example", "WWW.b.example"}},
		{"(http://a.example/x(1)) [www.b.example] {http://c.example}", []string{"http://a.example/x(1)", "www.b.example", "http://c.example"}},
		{"«https://почта.example/ж» “www.b.example” 'http://c.example'", []string{"https://почта.example/ж", "www.b.example", "http://c.example"}},
		{"http://a.example\nhttp://b.example\thttp://c.example\u00a0x\u200bhttp://d.example", []string{"http://a.example", "http://b.example", "http://c.example", "http://d.example"}},
		{"ссылкаhttp://a.example", []string{"http://a.example"}},
		{"http://[::1]:80/ http://u:p@a.example:8080", []string{"http://[::1]:80/", "http://u:p@a.example:8080"}},
		{"http://a.example/{id}. https://{host}/x www.{name}.example, {http}", []string{"http://a.example/{id}", "https://{host}/x", "www.{name}.example"}},
		{"http://a.example/?to=http://b.example", []string{"http://a.example/?to=http://b.example"}},
		{"http:// https://. www. www.. xhttp://a.example ann@www.a.example awww.b.example my.www.c.example ftp://www.d.example", nil},
		{"http:/a.example https:a.example a.example mailto:ann@a.example", nil},
		{"http://a\xffb", []string{"http://a"}},
		{"http://", nil},
		{"", nil},
	} {
		if got := ParseLinks(row.text).Addresses(); !slices.Equal(got, row.want) {
			t.Errorf("%q:\n%q, want\n%q", row.text, got, row.want)
		}
	}
}

func TestWhatStandsAroundAddressesStays(t *testing.T) {
	piece := rapid.SampledFrom([]string{"http://", "https://", "WWW.", "a.example", "/", "(", ")", "{id}", "{", "}", " ", ".", "?!", "«", "»", "ж", "\xff", "😀", "\n"})
	rapid.Check(t, func(t *rapid.T) { checkLinks(t, strings.Join(rapid.SliceOf(piece).Draw(t, "text"), "")) })
}

// checkLinks: addresses are pieces of the text, each as an address begins; with
// something else in their place the text is what it was, and they are found no more.
func checkLinks(t fataler, text string) {
	l := ParseLinks(text)
	all := l.Addresses()
	if same := l.Fill(func(i int) string { return all[i] }); same != text {
		t.Fatalf("%q, filled with its own addresses: %q", text, same)
	}
	for _, a := range all {
		if prefix(a, 0) == 0 || !utf8.ValidString(a) || strings.ContainsAny(a, " \n\"<>«»") || strings.ContainsAny(a[len(a)-1:], ".,;:!?'") {
			t.Fatalf("%q: address %q", text, a)
		}
		if again := ParseLinks(a).Addresses(); len(again) != 1 || again[0] != a {
			t.Fatalf("%q: address %q is %q by itself", text, a, again)
		}
	}
	marked := l.Fill(func(i int) string { return fmt.Sprintf("\n%d\n", i) })
	if again := ParseLinks(marked).Addresses(); len(again) != 0 {
		t.Fatalf("%q: %q were not found", text, again)
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("See https://shop.example/{id}?a=(b), www.b.example!")
	f.Add("(http://a.example/x(1)) «http://ж.example»\xff")
	f.Fuzz(func(t *testing.T, text string) { checkLinks(t, text) })
}

// TestAddressesAreFoundInOnePass: texts that make a careless reader look back are read
// in no time.
func TestAddressesAreFoundInOnePass(t *testing.T) {
	for _, piece := range []string{"http://", "www.", "http://)", "http://a)", ")", "(", "http://a ", "http://a."} {
		ParseLinks("http://a" + strings.Repeat(piece, 100_000))
	}
}
