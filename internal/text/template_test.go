package text

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOnlyBracedNamesArePlaceholders(t *testing.T) {
	for _, row := range []struct {
		text string
		want []string
	}{
		{"Hello {name}, your code is {code-1_b}", []string{"name", "code-1_b"}},
		{"{b}{a}{b}", []string{"b", "a"}},
		{"{Имя} {ИМЯ} {имя}", []string{"Имя", "ИМЯ", "имя"}},
		{"{и\u0306} {नाम} {٣}", []string{"и\u0306", "नाम", "٣"}},
		{"{{a}}", []string{"a"}},
		{"{a{b}c}", []string{"b"}},
		{"{} { } {a b} {a.b} {a", nil},
		{"a} }b{", nil},
		{"{a\xff} {\xff}", nil},
		{"{-}{_}{0}", []string{"-", "_", "0"}},
		{"", nil},
	} {
		if got := ParseTemplate(row.text).Names(); !slices.Equal(got, row.want) {
			t.Errorf("%q: %q, want %q", row.text, got, row.want)
		}
	}
}

func TestAMissingValueIsKeptRemovedOrRefused(t *testing.T) {
	for _, row := range []struct {
		text    string
		missing Missing
		want    string
		ok      bool
	}{
		{"{a}: {empty}{none}!", Keep, "{b}: {empty}{none}!", true},
		{"{a}: {empty}{none}!", Remove, "{b}: !", true},
		{"{a}: {empty}", Refuse, "", false},
		{"{a}: {none}", Refuse, "", false},
		{"{a}{{a}}{A}", Remove, "{b}{{b}}", true},
		{"{a} {space}", Refuse, "{b}  ", true},
		{"no placeholder", Refuse, "no placeholder", true},
	} {
		got, ok := ParseTemplate(row.text).Fill(lookup(map[string]string{"a": "{b}", "b": "never", "empty": "", "space": " "}), row.missing)
		if got != row.want || ok != row.ok {
			t.Errorf("%q, missing %d: %q, %v, want %q, %v", row.text, row.missing, got, ok, row.want, row.ok)
		}
	}
}

func lookup(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

var modelPlaceholder = regexp.MustCompile(`\{[\pL\pM\p{Nd}_-]+\}`)

// modelFill says the same as Fill, in another way.
func modelFill(text string, values map[string]string, missing Missing) (string, bool) {
	ok := true
	filled := modelPlaceholder.ReplaceAllStringFunc(text, func(placeholder string) string {
		v := values[placeholder[1:len(placeholder)-1]]
		switch {
		case v != "":
			return v
		case missing == Keep:
			return placeholder
		}
		ok = ok && missing == Remove
		return ""
	})
	if !ok {
		filled = ""
	}
	return filled, ok
}

func TestFillDoesWhatTheModelDoes(t *testing.T) {
	piece := rapid.SampledFrom([]string{"{", "}", "a", "Я", "-", "_", "7", " ", ".", "{a}", "{Я7}", "{a-_}", "\xff", "😀"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "text"), "")
		values := map[string]string{}
		for _, name := range ParseTemplate(text).Names() {
			if rapid.Bool().Draw(t, "known") {
				values[name] = rapid.SampledFrom([]string{"", "v", "{a}", "}", "{", "Я"}).Draw(t, "value")
			}
		}
		checkFill(t, text, values)
	})
}

func checkFill(t fataler, text string, values map[string]string) {
	template := ParseTemplate(text)
	for _, missing := range []Missing{Keep, Remove, Refuse} {
		got, ok := template.Fill(lookup(values), missing)
		if want, wantOK := modelFill(text, values, missing); got != want || ok != wantOK {
			t.Fatalf("%q with %q, missing %d: %q, %v, want %q, %v", text, values, missing, got, ok, want, wantOK)
		}
	}
	if got, ok := template.Fill(lookup(nil), Keep); got != text || !ok {
		t.Fatalf("%q, all kept: %q, %v", text, got, ok)
	}
	found := map[string]bool{}
	for _, p := range modelPlaceholder.FindAllString(text, -1) {
		found[p[1:len(p)-1]] = true
	}
	if got := template.Names(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(maps.Keys(found))) {
		t.Fatalf("%q: names %q, want %v", text, got, found)
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("Hello {name}, {{code}} {", "name", "{code}")
	f.Add("{и\u0306}{a-_1}\xff}", "a-_1", "")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		checkFill(t, text, map[string]string{name: value})
	})
}

func BenchmarkFill(b *testing.B) {
	template := ParseTemplate("Dear {name}, your order {order} is ready. Code: {code}")
	values := map[string]string{"name": "Aigerim", "order": "A-4711", "code": "93021"}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = template.Fill(lookup(values), Refuse)
	}
}
