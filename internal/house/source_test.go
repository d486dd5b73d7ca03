package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/heliograph-sms/heliograph"

// source is one Go file of the tree.
type source struct {
	path string // from the module's root, with slashes
	dir  string
	test bool
	fset *token.FileSet
	file *ast.File
}

func (s source) at(node ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.path, s.fset.Position(node.Pos()).Line, fmt.Sprintf(format, args...))
}

// A rule returns what breaks it in a tree, a line for each place.
type rule func(fs.FS) ([]string, error)

// goFiles parses every Go file that is part of the module.
func goFiles(tree fs.FS) ([]source, error) {
	var sources []source
	fset := token.NewFileSet()
	err := walk(tree, func(name string) error {
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		sources = append(sources, source{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), fset, file})
		return nil
	})
	return sources, err
}

// production leaves the tests out.
func production(tree fs.FS) ([]source, error) {
	sources, err := goFiles(tree)
	return slices.DeleteFunc(sources, func(s source) bool { return s.test }), err
}

func walk(tree fs.FS, visit func(name string) error) error {
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			return visit(name)
		}
		base := path.Base(name)
		if base == "node_modules" || base == "testdata" || name == "bin" || name == "tmp" || base != "." && base[0] == '.' {
			return fs.SkipDir
		}
		return nil
	})
}

// within tells whether dir is the folder or stands below it.
func within(dir, folder string) bool {
	return dir == folder || strings.HasPrefix(dir, folder+"/")
}

// holds runs a rule over the module itself.
func holds(t *testing.T, r rule) {
	t.Helper()
	problems, err := r(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

// A breach is a tree of one or two files, and a part of the problem that the rule must find in it; "" for none.
type breach struct {
	name string
	tree map[string]string
	want string
}

func catches(t *testing.T, r rule, breaches []breach) {
	for _, b := range breaches {
		t.Run(b.name, func(t *testing.T) {
			tree := fstest.MapFS{"go.mod": {Data: []byte("module " + module + "\n")}}
			for name, text := range b.tree {
				tree[name] = &fstest.MapFile{Data: []byte(text)}
			}
			problems, err := r(tree)
			if err != nil {
				t.Fatal(err)
			}
			if b.want == "" && len(problems) > 0 {
				t.Errorf("found %q where all is well", problems)
			}
			if b.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], b.want)) {
				t.Errorf("found %q, want one problem with %q", problems, b.want)
			}
		})
	}
}
