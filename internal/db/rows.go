package db

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
)

// RowStatement is one statement to be executed for each of many rows. It is
// written once; SQLite runs it prepared, row by row, PostgreSQL once over arrays.
type RowStatement struct {
	columns []column
	perRow  string // SQLite: the names are parameters, in the order of the text
	args    []int  // the column that each of those parameters is
	counted bool   // ends in RETURNING :place, which SQLite does without
	key     int    // the column by which an INSERT tells the place; noKey = it is no INSERT
	perSet  string // PostgreSQL: the names are columns of r, an unnested set
}

type column struct{ name, kind string }

const (
	rowsMark    = "{rows}"
	placeColumn = "place"
	noKey       = -1
)

var (
	rowName  = regexp.MustCompile(`:[a-z_][a-z_0-9]*`)
	lockMark = regexp.MustCompile(`\{lock (\w+)\}`)
	// placeMark: PostgreSQL's INSERT can't return what it does not insert.
	placeMark = regexp.MustCompile(`RETURNING :place(?: BY (\w+))?`)
)

// Rows makes a row statement. In text a row's values stand as :name, and {rows}
// marks where PostgreSQL wants its FROM (or USING): before WHERE, ON CONFLICT or
// RETURNING. Columns are "name type", the type being bigint, text, bytea or
// boolean; any value may be nil.
//
//	INSERT INTO t (id, name) SELECT :id, :name {rows}
//	UPDATE t SET name = :name {rows} WHERE t.id = :id
//	DELETE FROM t {rows} WHERE t.id = :id RETURNING :place
//	INSERT INTO t (id) SELECT :id {rows} WHERE true ON CONFLICT DO NOTHING RETURNING :place BY id
//	SELECT t.name FROM t {rows} WHERE t.id = :id ORDER BY t.id {lock t}
//
// RETURNING :place tells which rows the statement touched: see Tx.EachTouched. An
// INSERT tells it BY a bigint column that it inserts, in which no two rows are alike.
// {lock t} keeps the rows of t that a SELECT gives from changing until the commit.
//
// It panics on a text that names a column it does not have: statements are
// package variables, so that happens at the first test.
func Rows(text string, columns ...string) *RowStatement {
	stmt := &RowStatement{counted: placeMark.MatchString(text), key: noKey}
	place := placeMark.FindStringSubmatch(text)
	if stmt.counted && place[1] == "" {
		columns = append(columns, placeColumn+" bigint")
	}
	for _, c := range columns {
		name, kind, _ := strings.Cut(c, " ")
		stmt.columns = append(stmt.columns, column{name, kind})
	}
	stmt.perRow = rowName.ReplaceAllStringFunc(plain(oneRow(text)), func(name string) string {
		stmt.args = append(stmt.args, stmt.position(name[1:]))
		return "?"
	})
	if stmt.counted && place[1] != "" {
		stmt.key = stmt.position(place[1])
		text = placeMark.ReplaceAllString(text, "RETURNING $1")
	}
	set := rowName.ReplaceAllStringFunc(lockMark.ReplaceAllString(text, "FOR UPDATE OF $1"), func(name string) string { return "r." + name[1:] })
	stmt.perSet = strings.ReplaceAll(set, rowsMark, stmt.unnest(text))
	return stmt
}

// insertedRow is an INSERT of values alone. (Its WHERE true only keeps the engine from
// taking ON CONFLICT for a join's ON.)
var insertedRow = regexp.MustCompile(`(?s)^(\s*INSERT\b.*?)\bSELECT\b([^()]*)\{rows\}(?:\s+WHERE true\b)?(\s+(?:ON CONFLICT|RETURNING)\b.*)?$`)

// oneRow has such an INSERT say VALUES: of a SELECT the engine does not know that it
// gives one row, and keeps what it needs to undo many.
func oneRow(text string) string { return insertedRow.ReplaceAllString(text, "${1}VALUES ($2)$3") }

// plain is a text without what only PostgreSQL needs: with one writer all rows
// are locked already, and the engine itself counts what was touched.
func plain(text string) string {
	text = placeMark.ReplaceAllString(strings.ReplaceAll(text, rowsMark, ""), "")
	return lockMark.ReplaceAllString(text, "")
}

func (stmt *RowStatement) position(name string) int {
	for i, c := range stmt.columns {
		if c.name == name {
			return i
		}
	}
	panic(fmt.Sprintf("db.Rows: the text uses :%s, which is not among its columns", name))
}

func (stmt *RowStatement) unnest(text string) string {
	var arrays, names []string
	for i, c := range stmt.columns {
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, c.kind))
		names = append(names, c.name)
	}
	keyword := "FROM"
	switch verb, _, _ := strings.Cut(strings.TrimSpace(text), " "); verb {
	case "DELETE":
		keyword = "USING"
	case "SELECT":
		keyword = "," // one more in the list behind its own FROM
	}
	return fmt.Sprintf("%s unnest(%s) AS r(%s)", keyword, strings.Join(arrays, ", "), strings.Join(names, ", "))
}

// Each runs a row statement for n rows in the transaction; fill sets the
// arguments of row i in the order of the statement's columns.
func (tx *Tx) Each(stmt *RowStatement, n int, fill func(i int, args []any)) error {
	if n == 0 {
		return nil
	}
	return tx.ses.db.dialect.each(tx.querier, stmt, n, fill, nil)
}

// EachReturning is Each for a statement with RETURNING; scan is called once for
// each row that comes back, in no particular order.
func (tx *Tx) EachReturning(stmt *RowStatement, n int, fill func(i int, args []any), scan func(Row) error) error {
	if n == 0 {
		return nil
	}
	return tx.ses.db.dialect.each(tx.querier, stmt, n, fill, scan)
}

// EachTouched is Each for a statement that ends in RETURNING :place; touched is
// called with i when it changed something for row i, perhaps more than once.
func (tx *Tx) EachTouched(stmt *RowStatement, n int, fill func(i int, args []any), touched func(i int)) error {
	if n == 0 {
		return nil
	}
	return tx.ses.db.dialect.eachTouched(tx.querier, stmt, n, fill, touched)
}

// Each runs a selecting row statement for n rows, as Tx.EachReturning does.
func (r *Reader) Each(stmt *RowStatement, n int, fill func(i int, args []any), scan func(Row) error) error {
	if n == 0 {
		return nil
	}
	return r.ses.db.dialect.each(r.querier, stmt, n, fill, scan)
}

func scanAll(rows *sql.Rows, scan func(Row) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// OrNull is an argument for a column that may be null: nil for the zero value.
func OrNull[T ~int | ~int64 | ~string](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
