package house

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNeverASetupBehindTheBack(t *testing.T) { holds(t, initRule) }

func initRule(tree fs.FS) ([]string, error) {
	sources, err := goFiles(tree)
	var problems []string
	for _, s := range sources {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				problems = append(problems, s.at(f, "init() runs where nobody called it"))
			}
		}
	}
	return problems, err
}

func TestInitRuleCatches(t *testing.T) {
	catches(t, initRule, []breach{
		{"init", map[string]string{"internal/db/a.go": "package db\n\nfunc init() {}\n"}, "internal/db/a.go:3: init()"},
		{"a method of that name", map[string]string{"internal/db/a.go": "package db\n\ntype t int\n\nfunc (t) init() {}\n"}, ""},
	})
}

func TestNeverAPackageOfLeftovers(t *testing.T) { holds(t, packageNameRule) }

var leftovers = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "core"}

func packageNameRule(tree fs.FS) ([]string, error) {
	sources, err := goFiles(tree)
	var problems []string
	for _, s := range sources {
		for _, name := range []string{strings.TrimSuffix(s.file.Name.Name, "_test"), path.Base(s.dir)} {
			if slices.Contains(leftovers, name) {
				problems = append(problems, s.at(s.file.Name, "%q does not say what the package is for", name))
				break
			}
		}
	}
	return problems, err
}

func TestPackageNameRuleCatches(t *testing.T) {
	catches(t, packageNameRule, []breach{
		{"by its clause", map[string]string{"internal/db/tools/a.go": "package common\n"}, `"common"`},
		{"by its folder", map[string]string{"internal/core/a.go": "package engine\n"}, `"core"`},
		{"a part of a name", map[string]string{"internal/encore/a.go": "package encore\n"}, ""},
	})
}

func TestNeverASleep(t *testing.T) { holds(t, sleepRule) }

// sleepRule holds for tests too: they wait for an event, with a deadline.
func sleepRule(tree fs.FS) ([]string, error) {
	sources, err := goFiles(tree)
	var problems []string
	for _, s := range sources {
		if !within(s.dir, "internal") && !within(s.dir, "cmd") {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if sel, ok := node.(*ast.SelectorExpr); ok && isName(sel.X, "time") && sel.Sel.Name == "Sleep" {
				problems = append(problems, s.at(sel, "time.Sleep waits for nothing and heeds no context"))
			}
			return true
		})
	}
	return problems, err
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func TestSleepRuleCatches(t *testing.T) {
	const sleeper = "package p\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n"
	catches(t, sleepRule, []breach{
		{"in the code", map[string]string{"cmd/heliograph/a.go": sleeper}, "a.go:5: time.Sleep"},
		{"in a test", map[string]string{"internal/db/a_test.go": sleeper}, "a_test.go:5: time.Sleep"},
		{"a clock of ours", map[string]string{"internal/db/a.go": "package p\n\nfunc f(clock interface{ Sleep() }) { clock.Sleep() }\n"}, ""},
	})
}

func TestNeverAnErrorKnownByItsText(t *testing.T) { holds(t, errorTextRule) }

// errorTextRule finds err.Error() compared, or handed to package strings or regexp.
func errorTextRule(tree fs.FS) ([]string, error) {
	sources, err := production(tree)
	var problems []string
	for _, s := range sources {
		ast.Inspect(s.file, func(node ast.Node) bool {
			if slices.ContainsFunc(judged(node), isErrorText) {
				problems = append(problems, s.at(node, "an error is known by its type or value, not by its text"))
			}
			return true
		})
	}
	return problems, err
}

// judged returns the expressions that the node looks into.
func judged(node ast.Node) []ast.Expr {
	switch n := node.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			return []ast.Expr{n.X, n.Y}
		}
	case *ast.SwitchStmt:
		if n.Tag != nil {
			return []ast.Expr{n.Tag}
		}
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && (isName(sel.X, "strings") || strings.HasPrefix(sel.Sel.Name, "Match")) {
			return n.Args
		}
	}
	return nil
}

func isErrorText(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Error"
}

func TestErrorTextRuleCatches(t *testing.T) {
	in := func(body string) map[string]string {
		return map[string]string{"internal/db/a.go": "package db\n\nfunc f(err error) any { return " + body + " }\n"}
	}
	catches(t, errorTextRule, []breach{
		{"searched", in(`strings.Contains(err.Error(), "locked")`), "a.go:3"},
		{"compared", in(`err.Error() == "locked"`), "a.go:3"},
		{"matched", in(`busy.MatchString(err.Error())`), "a.go:3"},
		{"shown", in(`fmt.Sprint("failed: ", err.Error())`), ""},
	})
}

func TestNeverTheDatabasesClock(t *testing.T) { holds(t, clockRule) }

var databaseClock = regexp.MustCompile(`(?i)\bnow\(\)|\bcurrent_(timestamp|date|time)\b|\b(clock|statement|transaction)_timestamp\(|'now'`)

// clockRule: the time is passed in, so that a test can move it and all rows of a transaction agree.
func clockRule(tree fs.FS) ([]string, error) {
	sources, err := production(tree)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, s := range sources {
		for _, lit := range literals(s.file) {
			if found := databaseClock.FindString(lit.text); found != "" {
				problems = append(problems, s.at(lit.node, "SQL asks the database for the time: %s", found))
			}
		}
	}
	err = walk(tree, func(name string) error {
		if path.Ext(name) != ".sql" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if found := databaseClock.Find(text); found != nil {
			problems = append(problems, name+": SQL asks the database for the time: "+string(found))
		}
		return err
	})
	return problems, err
}

func TestClockRuleCatches(t *testing.T) {
	in := func(sql string) map[string]string {
		return map[string]string{"internal/db/a.go": "package db\n\nconst sql = `" + sql + "`\n"}
	}
	catches(t, clockRule, []breach{
		{"now", in("UPDATE node SET seen = now()"), "now()"},
		{"the standard's name", in("SELECT current_timestamp"), "current_timestamp"},
		{"SQLite's", in("SELECT datetime('now')"), "'now'"},
		{"a default in the schema", map[string]string{"internal/db/migrations/1.sql": "CREATE TABLE t (at TEXT DEFAULT CURRENT_TIMESTAMP)"}, "CURRENT_TIMESTAMP"},
		{"a parameter", in("UPDATE node SET seen = $1"), ""},
	})
}

func TestNeverARegistryInALockFile(t *testing.T) { holds(t, lockFileRule) }

// lockFileRule: a lock file pins by hash; where packages come from is the machine's affair.
func lockFileRule(tree fs.FS) ([]string, error) {
	var problems []string
	err := walk(tree, func(name string) error {
		if path.Base(name) != "package-lock.json" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if strings.Contains(string(text), `"resolved"`) {
			problems = append(problems, name+" names a registry; make it again beside the .npmrc")
		}
		return err
	})
	return problems, err
}

func TestLockFileRuleCatches(t *testing.T) {
	catches(t, lockFileRule, []breach{
		{"an address", map[string]string{"tests/clients/node/package-lock.json": `{"resolved": "https://registry.example/qs.tgz"}`}, "names a registry"},
		{"a hash", map[string]string{"tests/clients/node/package-lock.json": `{"integrity": "sha512-…"}`}, ""},
	})
}
