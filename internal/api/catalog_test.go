package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// entries reads a language: key → plural form → text. A text without forms is other.
func entries(t *testing.T, file string) map[string]map[string]string {
	t.Helper()
	text, err := fs.ReadFile(catalogFiles, file)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		t.Fatal(file, err)
	}
	found := map[string]map[string]string{}
	collectEntries(found, "", tree)
	return found
}

func collectEntries(found map[string]map[string]string, prefix string, node any) {
	table, ok := node.(map[string]any)
	if !ok {
		found[prefix] = map[string]string{"other": node.(string)}
		return
	}
	if _, plural := table["other"]; plural {
		found[prefix] = map[string]string{}
		for form, text := range table {
			found[prefix][form] = text.(string)
		}
		return
	}
	for name, child := range table {
		collectEntries(found, strings.TrimPrefix(prefix+"."+name, "."), child)
	}
}

func keysOf(t *testing.T, file string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(entries(t, file)))
}

// pluralForms asks the library which forms a language has: each number chooses one.
func pluralForms(tag string) []string {
	all := &i18n.Message{ID: "form", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other"}
	bundle := i18n.NewBundle(language.Make(tag))
	localizer := i18n.NewLocalizer(bundle, tag)
	forms := map[string]bool{}
	counts := []any{1_000_000, "1.5"}
	for n := range 120 {
		counts = append(counts, n)
	}
	for _, n := range counts {
		form, _ := localizer.Localize(&i18n.LocalizeConfig{DefaultMessage: all, PluralCount: n})
		forms[form] = true
	}
	return slices.Sorted(maps.Keys(forms))
}

func TestPluralFormsAreThoseOfCLDR(t *testing.T) {
	for tag, want := range map[string]string{
		"en": "one other", "ru": "few many one other", "uk": "few many one other", "kk": "one other", "pt-BR": "many one other",
	} {
		if got := strings.Join(pluralForms(tag), " "); got != want {
			t.Errorf("%s has %s, want %s", tag, got, want)
		}
	}
}

var placeholder = regexp.MustCompile(`{{[^}]*}}`)

// placeholders lists what a text is filled with.
func placeholders(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// TestEveryLanguageSaysWhatEnglishSays: the same keys, filled with the same values, in
// every form that its numbers need and no other.
func TestEveryLanguageSaysWhatEnglishSays(t *testing.T) {
	english := entries(t, "catalog/active.en.toml")
	for _, tag := range []string{"en", "ru", "uk", "kk", "pt-BR"} {
		texts := entries(t, "catalog/active."+tag+".toml")
		for key := range texts {
			if english[key] == nil {
				t.Errorf("%s has %s, which English has not", tag, key)
			}
		}
		for key, model := range english {
			forms := []string{"other"}
			if len(model) > 1 {
				forms = pluralForms(tag)
			}
			if got := slices.Sorted(maps.Keys(texts[key])); !slices.Equal(got, forms) {
				t.Errorf("%s has the forms %v of %s, want %v", tag, got, key, forms)
			}
			for form, text := range texts[key] {
				if got, want := placeholders(text), placeholders(model["other"]); !slices.Equal(got, want) {
					t.Errorf("%s, %s of %s: filled with %v, in English with %v", tag, form, key, got, want)
				}
			}
		}
	}
}

func TestEveryTextCanBeSaid(t *testing.T) {
	texts, err := loadCatalogue(catalogFiles)
	if err != nil {
		t.Fatal(err)
	}
	for tag := range texts.localizers {
		for _, key := range keysOf(t, "catalog/active.en.toml") {
			for count := range 12 {
				said := texts.speaker(tag).say(key, Args{"Count": count})
				if said == key || said == "" {
					t.Errorf("%s cannot say %s of %d", tag, key, count)
				}
			}
		}
	}
}

func TestAFileAloneAddsALanguage(t *testing.T) {
	english, err := fs.ReadFile(catalogFiles, "catalog/active.en.toml")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := loadCatalogue(fstest.MapFS{
		"catalog/active.en.toml":    {Data: english},
		"catalog/active.kk.toml":    {Data: []byte(`error.notFound = "Жазба табылмады."`)},
		"catalog/active.uk.toml":    {Data: []byte(`value.tooMany = { one = "{{.Count}} елемент", few = "{{.Count}} елементи", many = "{{.Count}} елементів", other = "{{.Count}} елемента" }`)},
		"catalog/active.pt-BR.toml": {Data: []byte(`error.notFound = "Registro não encontrado."`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		tag, key string
		count    int
		want     string
	}{
		{"kk", "error.notFound", 0, "Жазба табылмады."},
		{"kk-KZ", "error.notFound", 0, "Жазба табылмады."},
		{"pt-br", "error.notFound", 0, "Registro não encontrado."},
		{"pt", "error.notFound", 0, "Registro não encontrado."},
		{"uk", "value.tooMany", 3, "3 елементи"},
		{"uk", "value.tooMany", 5, "5 елементів"},
		{"kk", "error.failed", 0, "The operation failed."},
		{"xx", "error.failed", 0, "The operation failed."},
	}
	for _, tt := range tests {
		if got := texts.speaker(tt.tag).say(tt.key, Args{"Count": tt.count}); got != tt.want {
			t.Errorf("%s in %s: %q, want %q", tt.key, tt.tag, got, tt.want)
		}
	}
}

// keyArguments says which argument of a function is a catalogue key.
func keyArguments() map[string]int {
	return map[string]int{
		"Invalid": 1, "Add": 1, "BadParameter": 1, "refuse": 1, "refuseShape": 1,
		"Unchangeable": 0, "Failed": 0, "Login": 0, "Access": 0, "Say": 0, "step": 0,
	}
}

// TestEveryKeyInTheSourceIsInTheCatalogue reads the calls of all rooms: a key
// that nobody wrote a text for would reach a caller as it is.
func TestEveryKeyInTheSourceIsInTheCatalogue(t *testing.T) {
	known := keysOf(t, "catalog/active.en.toml")
	found := 0
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil || !speaksToCallers(file) {
			return err
		}
		for key, at := range keysIn(file) {
			found++
			if !slices.Contains(known, key) {
				t.Errorf("%s: no text for %q", set.Position(at), key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("found only %d keys: the test no longer sees them", found)
	}
}

// literals are all string literals of the code, and those among them that something is
// put behind: prefixes of keys.
func literals(t *testing.T) (texts map[string]bool, prefixes []string) {
	t.Helper()
	texts = map[string]bool{}
	for _, root := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, _ := strconv.Unquote(literal.Value)
					texts[text] = true
				}
				if sum, ok := n.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
					if literal, ok := sum.X.(*ast.BasicLit); ok && strings.HasSuffix(literal.Value, `."`) {
						prefixes = append(prefixes, strings.Trim(literal.Value, `"`))
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts, prefixes
}

// TestEveryKeyOfTheCatalogueIsUsed, whole or put together of a prefix and a name: a text
// that nobody says is translated for nothing.
func TestEveryKeyOfTheCatalogueIsUsed(t *testing.T) {
	texts, prefixes := literals(t)
	for _, key := range keysOf(t, "catalog/active.en.toml") {
		used := texts[key] || slices.ContainsFunc(prefixes, func(prefix string) bool {
			name, ok := strings.CutPrefix(key, prefix)
			return ok && texts[name]
		})
		if !used {
			t.Errorf("nothing says %s", key)
		}
	}
}

// speaksToCallers reports whether a file is of this package or imports it.
func speaksToCallers(file *ast.File) bool {
	return file.Name.Name == "api" || slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool {
		return strings.HasSuffix(i.Path.Value, `/internal/api"`)
	})
}

// keysIn finds the literal keys of a file: arguments of constructors, and Key
// fields of literals.
func keysIn(file *ast.File) map[string]token.Pos {
	keys := map[string]token.Pos{}
	note := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if key, err := strconv.Unquote(literal.Value); err == nil && key != "" {
				keys[key] = literal.Pos()
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if i, ok := keyArguments()[calledName(n)]; ok && i < len(n.Args) {
				note(n.Args[i])
			}
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Key" {
				note(n.Value)
			}
		}
		return true
	})
	return keys
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
