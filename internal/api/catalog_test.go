package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pelletier/go-toml/v2"
)

// keysOf reads the keys of one language, plural forms aside.
func keysOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := fs.ReadFile(catalogFiles, file)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		t.Fatal(file, err)
	}
	keys := map[string]bool{}
	collectKeys(keys, "", tree)
	return slices.Sorted(maps.Keys(keys))
}

func collectKeys(keys map[string]bool, prefix string, node any) {
	table, ok := node.(map[string]any)
	if _, plural := table["other"]; !ok || plural {
		keys[prefix] = true
		return
	}
	for name, child := range table {
		collectKeys(keys, strings.TrimPrefix(prefix+"."+name, "."), child)
	}
}

func TestEveryLanguageHasTheKeysOfEnglish(t *testing.T) {
	english := keysOf(t, "catalog/active.en.toml")
	files, err := fs.Glob(catalogFiles, "catalog/*.toml")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		keys := keysOf(t, file)
		for _, key := range english {
			if !slices.Contains(keys, key) {
				t.Errorf("%s lacks %s", file, key)
			}
		}
		for _, key := range keys {
			if !slices.Contains(english, key) {
				t.Errorf("%s has %s, which English has not", file, key)
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
