package house

import (
	"fmt"
	"go/ast"
	"io/fs"
	"path"
	"regexp"
	"testing"
)

func TestEveryPromiseNamesTestsThatAreThere(t *testing.T) {
	holds(t, promises)
	test := "package p\nfunc TestItHolds() {}\n"
	catches(t, promises, []breach{
		{"a test that is there", map[string]string{"docs/promises.md": "`TestItHolds`", "p/p_test.go": test}, ""},
		{"one that is gone", map[string]string{"docs/promises.md": "`TestItHeld`", "p/p_test.go": test}, "no test is named TestItHeld"},
		{"one that never runs", map[string]string{"docs/promises.md": "`TestItHolds`", "p/p.go": test}, "no test is named TestItHolds"},
		{"in any document", map[string]string{"docs/architecture.md": "`TestItHeld`", "p/p_test.go": test}, "architecture.md"},
	})
}

var testName = regexp.MustCompile("`(Test[A-Z]\\w*)`")

// promises: a test that a document names is there.
func promises(tree fs.FS) (problems []string, err error) {
	sources, err := goFiles(tree)
	if err != nil {
		return nil, err
	}
	tests := map[string]bool{}
	for _, s := range sources {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.test {
				tests[f.Name.Name] = true
			}
		}
	}
	err = walk(tree, func(name string) error {
		if path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		for _, found := range testName.FindAllStringSubmatch(string(text), -1) {
			if !tests[found[1]] {
				problems = append(problems, fmt.Sprintf("%s: no test is named %s", name, found[1]))
			}
		}
		return err
	})
	return problems, err
}
