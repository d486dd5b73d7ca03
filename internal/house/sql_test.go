package house

import (
	"go/ast"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A literal is a text of the source as far as it is written out there: what is added to it in between is "{}".
type literal struct {
	node ast.Node
	text string
}

func literals(file *ast.File) []literal {
	var found []literal
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit, *ast.BinaryExpr:
			text, written := joined(n.(ast.Expr))
			if written {
				found = append(found, literal{n, text})
			}
			return !written
		}
		return true
	})
	return found
}

// joined returns the text of a literal or of a sum with a literal in it, and whether e is one.
func joined(e ast.Expr) (text string, written bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return joined(e.X)
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text, true
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, inLeft := joined(e.X)
			right, inRight := joined(e.Y)
			return left + right, inLeft || inRight
		}
	}
	return "{}", false
}

// A use is one mention of a table in SQL. Its table is "" where the text does not say which.
type use struct {
	table string
	write bool
}

var (
	noise = regexp.MustCompile(`(?s)'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/`)
	words = regexp.MustCompile(`\w+(?:\.\w+)*|\S`)
	name  = regexp.MustCompile(`^[a-z_]\w*(\.\w+)*$`)

	// A whole statement is one in any case; parts of one are known by their capitals, as prose is full of "from".
	statement = regexp.MustCompile(`(?is)^\s*(?:select\s.*\sfrom\s|insert\s+into\s+\S+\s*(?:\(|select\s|values)|` +
		`update\s+\S+\s+(?:as\s+\S+\s+)?set\s|delete\s+from\s+\S+\s*(?:where|using|returning|;|$)|merge\s+into\s|with\s.*\sas\s*\()`)
	keyword = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE|USING|TABLE|COPY|TRUNCATE|PARTITION OF)\b`)
)

// tablesIn reads the tables out of a text that is SQL or a part of it; of any other text it returns none.
func tablesIn(text string) []use {
	if !statement.MatchString(text) {
		if !keyword.MatchString(text) {
			return nil
		}
		text = capitalsOnly(text)
	}
	text = strings.ReplaceAll(strings.ToLower(noise.ReplaceAllString(text, "''")), `"`, "")
	s := sqlWords{words: words.FindAllString(text, -1)}
	locals := s.commonTables()
	var uses []use
	for i := range s.words {
		for _, u := range s.usesAt(i) {
			if !slices.Contains(locals, u.table) {
				uses = append(uses, u)
			}
		}
	}
	return uses
}

// capitalsOnly breaks the words that would be keywords in capitals, and are not.
func capitalsOnly(text string) string {
	return prose.ReplaceAllStringFunc(text, func(word string) string {
		if word == strings.ToUpper(word) {
			return word
		}
		return word + "_"
	})
}

var prose = regexp.MustCompile(`(?i)\b(?:from|join|into|update|using|table|copy|truncate|of)\b`)

type sqlWords struct{ words []string }

func (s sqlWords) at(i int) string {
	if i < 0 || i >= len(s.words) {
		return ""
	}
	return s.words[i]
}

// usesAt returns the tables that the keyword at i introduces.
func (s sqlWords) usesAt(i int) []use {
	before, next := s.at(i-1), s.skip(i+1, "only", "if", "not", "exists", "table", "or", "ignore", "replace", "lateral")
	switch s.words[i] {
	case "into", "table", "truncate", "copy":
		if s.words[i] == "table" && before == "truncate" || s.at(next) == "(" {
			return nil
		}
		return []use{s.use(next, true)}
	case "of":
		if before == "partition" {
			return []use{s.use(next, true)}
		}
	case "update":
		if !slices.Contains([]string{"for", "key", "do", "on"}, before) {
			return []use{s.use(next, true)}
		}
	case "from":
		return s.from(i, next)
	case "join", "using":
		return s.list(next)
	}
	return nil
}

func (s sqlWords) from(i, next int) []use {
	switch {
	case s.at(i-1) == "delete":
		return []use{s.use(next, true)}
	case s.at(i-1) == "distinct", s.insideOf(i, "extract", "substring", "trim", "overlay"), s.copies(i):
		return nil
	}
	return s.list(next)
}

// list reads "a, b AS x, unnest(…) AS y, (SELECT …) z". What stands in brackets is read when its own keyword comes.
func (s sqlWords) list(i int) []use {
	var uses []use
	for {
		if s.at(i) == "(" {
			i = s.close(i)
		} else if s.at(i+1) == "(" {
			i = s.close(i + 1)
		} else {
			uses = append(uses, s.use(i, false))
		}
		i = s.skip(i+1, "as")
		if s.at(i) != "," && s.at(i+1) == "(" {
			i = s.close(i+1) + 1
		} else if name.MatchString(s.at(i)) {
			i++
		}
		if s.at(i) != "," {
			return uses
		}
		i = s.skip(i+1, "lateral")
	}
}

func (s sqlWords) use(i int, write bool) use {
	table := s.at(i)
	if !name.MatchString(table) {
		return use{write: write}
	}
	return use{strings.TrimPrefix(table, "public."), write}
}

func (s sqlWords) skip(i int, words ...string) int {
	for slices.Contains(words, s.at(i)) {
		i++
	}
	return i
}

// close returns the index of the bracket that closes the one at i.
func (s sqlWords) close(i int) int {
	depth := 0
	for ; i < len(s.words); i++ {
		switch s.words[i] {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// insideOf tells whether the innermost bracket around i is a call of one of the functions.
func (s sqlWords) insideOf(i int, functions ...string) bool {
	depth := 0
	for i--; i >= 0; i-- {
		switch s.words[i] {
		case ")":
			depth++
		case "(":
			if depth == 0 {
				return slices.Contains(functions, s.at(i-1))
			}
			depth--
		}
	}
	return false
}

// copies tells whether the FROM at i is the one of a COPY.
func (s sqlWords) copies(i int) bool { return slices.Contains(s.words[:i], "copy") }

// commonTables returns the names that WITH gives to queries: "x AS (", "x(a, b) AS NOT MATERIALIZED (".
func (s sqlWords) commonTables() []string {
	if !slices.Contains(s.words, "with") {
		return nil
	}
	var names []string
	for i, word := range s.words {
		if word != "as" || s.at(s.skip(i+1, "not", "materialized")) != "(" {
			continue
		}
		before := i - 1
		for depth := 0; s.at(before) == ")" || depth > 0; before-- {
			switch s.at(before) {
			case ")":
				depth++
			case "(":
				depth--
			}
		}
		names = append(names, s.at(before))
	}
	return names
}

func TestTablesAreReadOutOfSQL(t *testing.T) {
	reads := func(tables ...string) (uses []use) {
		for _, table := range tables {
			uses = append(uses, use{table, false})
		}
		return uses
	}
	writes := func(table string) []use { return []use{{table, true}} }
	for text, want := range map[string][]use{
		"SELECT a FROM message WHERE id = $1":                           reads("message"),
		"select a from message where id = $1":                           reads("message"),
		"SELECT 1 FROM a, b AS x, c y JOIN d ON true LEFT JOIN e":       reads("a", "b", "c", "d", "e"),
		"SELECT 1 FROM (SELECT 2 FROM a) x, b":                          reads("b", "a"),
		"SELECT (SELECT count(*) FROM a), b.c FROM b":                   reads("a", "b"),
		"SELECT 1 FROM unnest($1) AS r(id, n), a":                       reads("a"),
		"SELECT extract(epoch FROM at) FROM a":                          reads("a"),
		"SELECT a IS DISTINCT FROM b FROM c":                            reads("c"),
		" FROM message m\n\tJOIN v_campaign USING (id)":                 reads("message", "v_campaign"),
		"SELECT 'taken FROM here' FROM a -- not FROM b":                 reads("a"),
		`SELECT 1 FROM public."message"`:                                reads("message"),
		"SELECT id FROM queue LIMIT 1 FOR UPDATE SKIP LOCKED":           reads("queue"),
		"INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO UPDATE SET c": writes("a"),
		"insert into a values ($1)":                                     writes("a"),
		"INSERT INTO a SELECT 1 FROM b":                                 {{"a", true}, {"b", false}},
		"INSERT OR REPLACE INTO a (b) VALUES (1)":                       writes("a"),
		"UPDATE ONLY a SET b = 1":                                       writes("a"),
		"update a set b = 1":                                            writes("a"),
		"UPDATE a SET b = 1 FROM c WHERE d":                             {{"a", true}, {"c", false}},
		"DELETE FROM a USING b WHERE c":                                 {{"a", true}, {"b", false}},
		"MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE":            {{"a", true}, {"b", false}},
		"COPY a (b) FROM STDIN":                                         writes("a"),
		"CREATE TABLE IF NOT EXISTS a_1 PARTITION OF a":                 {{"a_1", true}, {"a", true}},
		"TRUNCATE TABLE a":                                              writes("a"),
		"WITH x AS (SELECT 1 FROM a) DELETE FROM b":                     {{"a", false}, {"b", true}},
		"WITH RECURSIVE c(n) AS (SELECT 1) SELECT n FROM c":             nil,
		"SELECT 1 FROM {} WHERE a":                                      reads(""),
		"UPDATE %s SET a = 1":                                           writes(""),
		"the update came from a carrier, into the table of routes":      nil,
		"could not delete from the list":                                nil,
		"ALTER TABLE a ATTACH PARTITION %s FOR VALUES FROM (1) TO (2)":  writes("a"),
	} {
		if got := tablesIn(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n\tgot  %v\n\twant %v", text, got, want)
		}
	}
}
