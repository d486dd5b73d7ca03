package house

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

// A relation is a table or a view that a migration makes.
type relation struct {
	owner string // the folder of the only package that may write it
	view  bool   // published: anyone may read it
}

const migrations = "internal/db/migrations"

var (
	creation = regexp.MustCompile(`(?i)^\s*CREATE\s+(?:(?:OR\s+REPLACE|TEMP|TEMPORARY|UNLOGGED|VIRTUAL|MATERIALIZED)\s+)*` +
		`(TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(\w+)"?(?:\s+PARTITION\s+OF\s+(\w+))?`)
	ownership = regexp.MustCompile(`^-- owner: (\S+)$`)

	// The engines' own catalogues, and the table of the migration library.
	catalogue = regexp.MustCompile(`^(?:pg_\w+|information_schema\.\w+|sqlite_\w+|goose_\w+)$`)
)

// relations reads the migrations. Each table and view has "-- owner: folder" on the line before it.
func relations(tree fs.FS) (map[string]relation, []string, error) {
	found := map[string]relation{}
	var problems []string
	files, err := fs.Glob(tree, migrations+"/*.sql")
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, nil, err
		}
		before := ""
		for line := range strings.Lines(string(text)) {
			if m := creation.FindStringSubmatch(line); m != nil {
				problem := add(found, m, before)
				if problem != "" {
					problems = append(problems, path.Base(file)+": "+problem)
				}
			}
			before = strings.TrimSpace(line)
		}
	}
	return found, problems, nil
}

// add notes what one CREATE makes: m is its match, before the line above it. A partition belongs to its table's owner.
func add(found map[string]relation, m []string, before string) (problem string) {
	name, parent := strings.ToLower(m[2]), strings.ToLower(m[3])
	made := relation{view: strings.EqualFold(m[1], "view")}
	if owner := ownership.FindStringSubmatch(before); owner != nil {
		made.owner = owner[1]
	} else if parent != "" {
		made.owner = found[parent].owner
	}
	old, again := found[name]
	found[name] = made
	switch {
	case made.owner == "":
		return fmt.Sprintf("%s has no owner on the line before it", name)
	case again && old != made:
		return fmt.Sprintf("%s was made by %s before, and differently", name, old.owner)
	case made.view != strings.HasPrefix(name, "v_"):
		return fmt.Sprintf("%s: views, and only views, are called v_…", name)
	}
	return ""
}

func TestTablesHaveOneOwner(t *testing.T) { holds(t, tableRule) }

// tableRule: a table is written and read in its owner's folder only; others call the owner, or read a view it publishes.
func tableRule(tree fs.FS) ([]string, error) {
	known, problems, err := relations(tree)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return []string{migrations + " makes no table: the rule would hold for anything"}, nil
	}
	sources, err := production(tree)
	for _, s := range sources {
		for _, lit := range literals(s.file) {
			for _, u := range tablesIn(lit.text) {
				if words := u.offence(known, s.dir); words != "" {
					problems = append(problems, s.at(lit.node, "%s", words))
				}
			}
		}
	}
	return problems, err
}

// offence says what is wrong with using the table in a folder. Only the database's own room may leave a name open.
func (u use) offence(known map[string]relation, dir string) string {
	table, ok := known[u.table]
	switch {
	case u.table == "" && within(dir, "internal/db"), catalogue.MatchString(u.table):
		return ""
	case u.table == "":
		return "SQL must name its table where it can be read"
	case !ok:
		return fmt.Sprintf("no migration makes a table %s", u.table)
	case table.view && u.write:
		return fmt.Sprintf("%s is a view, to be read only", u.table)
	case table.view || within(dir, table.owner):
		return ""
	case u.write:
		return fmt.Sprintf("%s is written by %s alone", u.table, table.owner)
	default:
		return fmt.Sprintf("%s is read by %s alone; call it, or have it publish a view", u.table, table.owner)
	}
}

func TestTableRuleCatches(t *testing.T) {
	const schema = `-- +goose Up
-- owner: internal/modules/message
CREATE TABLE message (
	id BIGINT PRIMARY KEY
);

-- owner: internal/modules/campaign
CREATE VIEW v_campaign AS SELECT 1;
`
	with := func(dir, sql string) map[string]string {
		return map[string]string{
			migrations + "/001_all.sql": schema,
			dir + "/a.go":               "package p\n\nconst sql = `" + sql + "`\n",
		}
	}
	migration := func(second string) map[string]string {
		return map[string]string{migrations + "/001_all.sql": schema, migrations + "/002_more.sql": second}
	}
	catches(t, tableRule, []breach{
		{"the owner writes", with("internal/modules/message", "INSERT INTO message (id) VALUES ($1)"), ""},
		{"the owner reads", with("internal/modules/message", "SELECT id FROM message"), ""},
		{"anyone reads a view", with("internal/modules/message", "SELECT 1 FROM message JOIN v_campaign"), ""},
		{"an engine's catalogue", with("internal/db", "SELECT 1 FROM pg_stat_activity"), ""},
		{"another inserts", with("internal/delivery", "INSERT INTO message (id) VALUES ($1)"), "a.go:3: message is written by internal/modules/message alone"},
		{"another updates", with("internal/delivery", "UPDATE message SET id = 1"), "message is written by"},
		{"another deletes", with("cmd/heliograph", "delete from message where id = 1"), "message is written by"},
		{"another reads", with("internal/modules/campaign", "SELECT id FROM message"), "message is read by"},
		{"another joins", with("internal/modules/campaign", "SELECT 1 FROM v_campaign JOIN message ON true"), "message is read by"},
		{"a folder that begins alike", with("internal/modules/messages", "SELECT id FROM message"), "message is read by"},
		{"the owner writes its view", with("internal/modules/campaign", "DELETE FROM v_campaign"), "to be read only"},
		{"a table that nobody makes", with("internal/modules/message", "SELECT id FROM mesage"), "no migration makes a table mesage"},
		{"a name put in at run time", with("internal/modules/message", "SELECT id FROM %s"), "must name its table"},
		{"the same in the database's room", with("internal/db", "SELECT id FROM %s"), ""},

		{"a twin for the other engine", migration("-- owner: internal/modules/message\nCREATE TABLE message (id INT);\n"), ""},
		{"a partition", migration("CREATE TABLE message_0 PARTITION OF message DEFAULT;\n"), ""},
		{"a twin of another owner", migration("-- owner: internal/delivery\nCREATE TABLE message (id INT);\n"), "differently"},
		{"a table without an owner", migration("CREATE TABLE orphan (id INT);\n"), "orphan has no owner"},
		{"an owner too far away", migration("-- owner: internal/delivery\n\nCREATE TABLE orphan (id INT);\n"), "orphan has no owner"},
		{"a view by a table's name", migration("-- owner: internal/delivery\nCREATE VIEW load AS SELECT 1;\n"), "called v_"},
		{"no tables at all", map[string]string{"internal/db/a.go": "package db\n"}, "makes no table"},
	})
}
