package message

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// Look is all a node does that accepts messages and has not filled anything yet.
func (f *Filler) Look(ctx context.Context) error {
	_, _, err := f.look(ctx)
	return err
}

// Statement is one that lists or the filler run.
type Statement struct {
	Name, Text string
	Args       []any
}

// Statements are those whose cost must not grow with the table.
func (m *Module) Statements(account, beyond int64, ids []int64) []Statement {
	w := db.WhereAccount(account)
	text := func() *db.Where {
		w := w.Clone()
		w.Is("text", "Hi")
		return w
	}
	fresh := text()
	fresh.Holds("id > ?", beyond)
	newest, oldest := m.orderOf(nil), m.orderOf(api.Sort{{Field: "id"}})
	after := w.Clone()
	newest.narrow(after, place{{number: beyond}})
	statement := func(name, text string, args []any) Statement { return Statement{name, text, args} }
	page := func(w *db.Where, o order) (string, []any) { return selectRecords(w, o, 25, 0) }
	all := []Statement{
		statement("count of the fresh end", selectCount(fresh), fresh.Args()),
		statement("next account", selectNextAccount, []any{account}),
		statement("tail", selectTail, []any{account, beyond, int64(10)}),
		statement("rows of a block", selectRows, []any{account, beyond, beyond + 100, int64(20)}),
	}
	for name, s := range map[string]func() (string, []any){
		"newest page":        func() (string, []any) { return page(w, newest) },
		"oldest page":        func() (string, []any) { return page(w, oldest) },
		"page after another": func() (string, []any) { return page(after, newest) },
		"fresh end":          func() (string, []any) { return page(fresh, m.orderOf(api.Sort{{Field: "from"}})) },
		"records of a page":  func() (string, []any) { return selectByID(w, ids) },
	} {
		text, args := s()
		all = append(all, statement(name, text, args))
	}
	return all
}

// ColumnStatement reads columns of blocks.
func ColumnStatement(account, first, last int64) Statement {
	args := []any{account, first, last}
	for name := range int64(column.Width) {
		args = append(args, name%3)
	}
	return Statement{"columns", selectColumns, args}
}
