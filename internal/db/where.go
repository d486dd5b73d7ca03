package db

import (
	"slices"
	"strconv"
	"strings"
)

// Where gathers the conditions of one account's search, all of which must hold.
// Its SQL depends on which conditions there are and hardly on their values, so
// that few statements are ever prepared.
type Where struct {
	conditions []string
	args       []any
}

// WhereAccount begins a search: nobody finds another account's records.
func WhereAccount(accountID int64) *Where {
	w := &Where{}
	w.Holds("account_id = ?", accountID)
	return w
}

// Holds adds a condition, in which each ? stands for the next of args.
func (w *Where) Holds(condition string, args ...any) {
	w.conditions = append(w.conditions, "("+w.number(condition, args)+")")
}

// number puts the arguments' numbers in the places of the question marks.
func (w *Where) number(text string, args []any) string {
	for _, arg := range args {
		w.args = append(w.args, arg)
		text = strings.Replace(text, "?", "$"+strconv.Itoa(len(w.args)), 1)
	}
	return text
}

// Is narrows to records whose column has the value; an empty one does not narrow.
func (w *Where) Is(column, value string) {
	if value != "" {
		w.Holds(column+" = ?", value)
	}
}

// OneOf narrows to records whose column is among ids; no ids do not narrow.
func (w *Where) OneOf(column string, ids []int64) {
	if len(ids) > 0 {
		args := Listed(ids)
		w.Holds(column+Marks(len(args)), args...)
	}
}

// Listed fills ids up to one of a few lengths by repeating the last, for the
// sake of few statements.
func Listed(ids []int64) []any {
	length := 1
	for length < len(ids) {
		length *= 10
	}
	args := make([]any, length)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return args
}

// Marks is a condition that a column is among n arguments, to be put behind its name.
func Marks(n int) string { return " IN (?" + strings.Repeat(", ?", n-1) + ")" }

// Contains narrows to records with part anywhere in the column.
func (w *Where) Contains(column, part string) {
	w.Holds(column+` LIKE ? ESCAPE '\'`, Containing(part))
}

// partMost is in bytes, more than any text has that is searched by its parts. SQLite takes
// patterns of 50 000 bytes, and each of a part's may be escaped.
const partMost = 20_000

// Containing is the pattern of all texts with part in them, for LIKE ? ESCAPE '\'. Of a
// part that is too long to be in any, what is left is too long as well.
func Containing(part string) string {
	if len(part) > partMost {
		part = strings.ToValidUTF8(part[:partMost], "") // a letter may be cut through
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(part) + "%"
}

// Span is a stretch of time in Unix ms, its begin included and its end not; nil
// is open.
type Span struct{ FromMs, BeforeMs *int64 }

// During narrows to records whose column, an instant, lies in the span.
func (w *Where) During(column string, s Span) {
	if s.FromMs != nil {
		w.Holds(column+" >= ?", *s.FromMs)
	}
	if s.BeforeMs != nil {
		w.Holds(column+" < ?", *s.BeforeMs)
	}
}

// ReadSpan reads a From/To pair of criteria, both ends included: parse gives where what
// a text stands for begins and ends. An empty text is an open end; ok is false for one
// that can't be read.
func ReadSpan(parse func(string) (begin, end int64, err error), from, to string) (s Span, ok bool) {
	if from != "" {
		begin, _, err := parse(from)
		if err != nil {
			return Span{}, false
		}
		s.FromMs = &begin
	}
	if to != "" {
		_, end, err := parse(to)
		if err != nil {
			return Span{}, false
		}
		s.BeforeMs = &end
	}
	return s, true
}

// Clause is the search as SQL, to be put behind the table's name.
func (w *Where) Clause() string { return " WHERE " + strings.Join(w.conditions, " AND ") }

// Args are the arguments of Clause.
func (w *Where) Args() []any { return w.args }

// Clone is a search of its own that begins with these conditions.
func (w *Where) Clone() *Where {
	return &Where{slices.Clone(w.conditions), slices.Clone(w.args)}
}

// Page is a limit and an offset as SQL; their values become the last of Args.
func (w *Where) Page(limit, offset int) string {
	return w.number(" LIMIT ? OFFSET ?", []any{int64(limit), int64(offset)})
}

// OrderBy is an order as SQL, to be put behind the conditions.
func OrderBy(keys []string) string { return " ORDER BY " + strings.Join(keys, ", ") }

// Direction says where unset values go, since the engines disagree: below all
// others. Where there can be none it does not, for that would hide the index.
func Direction(desc, nullable bool) string {
	switch {
	case desc && nullable:
		return " DESC NULLS LAST"
	case desc:
		return " DESC"
	case nullable:
		return " ASC NULLS FIRST"
	default:
		return " ASC"
	}
}
