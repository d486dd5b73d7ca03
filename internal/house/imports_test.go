package house

import (
	"bufio"
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// foundation is what everything above it may stand on.
var foundation = []string{
	"internal/api", "internal/db", "internal/failpoint", "internal/metrics", "internal/money", "internal/phone",
	"internal/once", "internal/run", "internal/sheet", "internal/smpp", "internal/tasks", "internal/text",
}

// rooms says which folders of ours the code of each folder may import, besides its own. What stands in nobody's list
// (cmd, testkit) is imported by nobody but tests.
var rooms = map[string][]string{
	"internal/text":  {},
	"internal/phone": {},
	"internal/money": {},
	"internal/sheet": {},
	"internal/smpp":  {},

	"internal/failpoint": {},

	"internal/api":     {"internal/metrics", "internal/money", "internal/phone", "internal/run", "internal/text"},
	"internal/config":  {"internal/api", "internal/phone"},
	"internal/db":      foundation,
	"internal/metrics": foundation,
	"internal/run":     foundation,
	"internal/tasks":   foundation,
	"internal/once":    foundation,
	"internal/smsc":    foundation,
	"internal/shadow":  {},
	"internal/testkit": slices.Concat(foundation, []string{"internal/smsc"}),

	"internal/modules": {
		"internal/api", "internal/db", "internal/failpoint", "internal/metrics", "internal/money", "internal/phone",
		"internal/once", "internal/run", "internal/sheet", "internal/tasks", "internal/text",
	},
	"internal/delivery": slices.Concat(foundation, []string{"internal/modules"}),
	"internal/console":  slices.Concat(foundation, []string{"internal/modules"}),

	"cmd":            {"client", "internal"},
	"client":         {},
	"bench":          {"internal/api", "internal/db", "internal/modules", "internal/money", "internal/phone", "internal/tasks"},
	"internal/house": {},

	"internal/sdkgen": {},
}

func TestImportsPointDownwards(t *testing.T) { holds(t, importRule) }

func importRule(tree fs.FS) ([]string, error) {
	sources, err := production(tree)
	var problems []string
	for _, s := range sources {
		room := roomOf(s.dir)
		if room == "" {
			problems = append(problems, s.at(s.file.Name, "%s is no room of the house; give it a line in rooms", s.dir))
			continue
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			folder, ours := strings.CutPrefix(imported, module+"/")
			if ours && !within(folder, room) && !slices.ContainsFunc(rooms[room], func(may string) bool { return within(folder, may) }) {
				problems = append(problems, s.at(spec, "%s must not import %s", room, folder))
			}
		}
	}
	return problems, err
}

func roomOf(dir string) string {
	for room := range rooms { // no room lies in another
		if within(dir, room) {
			return room
		}
	}
	return ""
}

func TestImportRuleCatches(t *testing.T) {
	file := func(imports ...string) string {
		text := "package p\n"
		for _, i := range imports {
			text += "import _ \"" + i + "\"\n"
		}
		return text
	}
	ours := func(folders ...string) string {
		for i := range folders {
			folders[i] = module + "/" + folders[i]
		}
		return file(folders...)
	}
	cases := []breach{
		{"modules use modules and the foundation", map[string]string{"internal/modules/message/a.go": ours("internal/modules/user", "internal/db", "internal/api")}, ""},
		{"cmd sees everything", map[string]string{"cmd/heliograph/a.go": ours("internal/delivery", "internal/modules/user", "internal/smsc")}, ""},
		{"a test may use the test kit", map[string]string{"internal/api/a_test.go": ours("internal/testkit")}, ""},
		{"a room's own folders are its own", map[string]string{"internal/delivery/a.go": ours("internal/delivery/carrier")}, ""},
		{"the standard library is free", map[string]string{"internal/text/a.go": file("strings")}, ""},
		{"api does not know the database", map[string]string{"internal/api/a.go": ours("internal/db")}, "internal/api must not import internal/db"},
		{"smpp knows nothing of ours", map[string]string{"internal/smpp/a.go": ours("internal/text")}, "internal/smpp must not"},
		{"text is pure", map[string]string{"internal/text/a.go": ours("internal/phone")}, "internal/text must not"},
		{"modules do not know delivery", map[string]string{"internal/modules/message/a.go": ours("internal/delivery")}, "internal/modules must not"},
		{"delivery does not know cmd", map[string]string{"internal/delivery/a.go": ours("cmd/heliograph")}, "internal/delivery must not"},
		{"the test kit is for tests", map[string]string{"internal/modules/user/a.go": ours("internal/testkit")}, "must not import internal/testkit"},
		{"a name that only begins alike", map[string]string{"internal/delivery/a.go": ours("internal/dbx")}, "must not import internal/dbx"},
		{"a new folder has to be given its place", map[string]string{"internal/extras/a.go": file()}, "no room"},
	}
	for _, low := range []string{"api", "db", "tasks", "smpp", "text", "phone", "money", "run", "smsc", "metrics", "testkit"} {
		cases = append(cases, breach{
			low + " imports no module",
			map[string]string{"internal/" + low + "/a.go": ours("internal/modules/message")},
			"internal/" + low + " must not import internal/modules/message",
		})
	}
	catches(t, importRule, cases)
}

// shared names the libraries that more than one package of ours may import, and why.
var shared = map[string]string{
	"github.com/pelletier/go-toml/v2": "config is TOML, and so are api's catalogues of texts",
	"golang.org/x/time":               "api limits callers; smsc, which stands for another's machine, limits its ESMEs",
	"golang.org/x/text":               "api chooses a caller's language; the generator of phone's table spells countries; sheet decodes files",
}

func TestLibrariesHaveOneImporter(t *testing.T) { holds(t, libraryRule) }

// libraryRule: a library is imported by one package of ours, so that it can be changed in one place. Tests are free.
func libraryRule(tree fs.FS) ([]string, error) {
	libraries, err := required(tree)
	if err != nil {
		return nil, err
	}
	sources, err := production(tree)
	importers := map[string]map[string]bool{}
	for _, s := range sources {
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			for _, library := range libraries {
				if within(imported, library) {
					importers[library] = with(importers[library], s.dir)
				}
			}
		}
	}
	var problems []string
	for _, library := range slices.Sorted(maps.Keys(importers)) {
		dirs := slices.Sorted(maps.Keys(importers[library]))
		if len(dirs) > 1 && shared[library] == "" {
			problems = append(problems, library+" is imported by "+strings.Join(dirs, ", "))
		}
	}
	return problems, err
}

func with(set map[string]bool, item string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[item] = true
	return set
}

// required lists the modules that go.mod requires.
func required(tree fs.FS) ([]string, error) {
	text, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return nil, err
	}
	var modules []string
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		f := strings.Fields(strings.TrimPrefix(lines.Text(), "require "))
		if len(f) >= 2 && strings.HasPrefix(f[1], "v") {
			modules = append(modules, f[0])
		}
	}
	return modules, nil
}

func TestLibraryRuleCatches(t *testing.T) {
	const (
		mod   = "module " + module + "\n\nrequire (\n\texample.org/lib/v2 v2.1.0\n\texample.org/other v1.0.0 // indirect\n)\n"
		whole = "package p\n\nimport _ \"example.org/lib/v2\"\n"
		part  = "package p\n\nimport _ \"example.org/lib/v2/part\"\n"
	)
	catches(t, libraryRule, []breach{
		{"one package", map[string]string{"go.mod": mod, "internal/db/a.go": whole, "internal/db/b.go": part}, ""},
		{"a test besides", map[string]string{"go.mod": mod, "internal/db/a.go": whole, "internal/api/a_test.go": whole}, ""},
		{"two packages", map[string]string{"go.mod": mod, "internal/db/a.go": whole, "internal/api/a.go": part}, "internal/api, internal/db"},
	})
}
