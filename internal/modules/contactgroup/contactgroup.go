// Package contactgroup is the API module "contactGroup": the groups that an account
// sorts its contacts into (contract §7). It alone writes the table contact_group.
// Which card is in which group is package contactcard's; here are the groups'
// names, and how many cards each has, counted as cards come and go.
//
// Deleting a group marks its row, however many cards it has: from then on there is no
// such group. Package contactcard takes the cards out in the background.
package contactgroup

import (
	"errors"
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// IDs is the series that numbers groups.
const IDs = "contact_group"

// Group is a contact group.
type Group struct {
	ID        int64
	AccountID int64
	Name      string
	Cards     int64 // how many are in it
	CreatedMs int64
}

// Module is the API module. It is safe for concurrent use.
type Module struct{ db *db.DB }

// New makes the module.
func New(d *db.DB) *Module { return &Module{d} }

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "contactGroup",
		Doc:  "The groups that contacts are sorted into.",
		Methods: []api.Method{
			api.Define("create", "Makes a group; the answer is its id.", m.create,
				api.Returns[string]("The id of the group."), api.Writes),
			api.Define("update", "Renames a group.", m.update,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("delete", "Deletes groups; their contacts stay.", m.delete,
				api.Returns[api.Processed]("Which groups were deleted."), api.Writes),
			api.Define("list", "Lists groups, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[object]]("A page of groups.")),
			api.Define("getCardsCount", "Tells how many contacts are in a group.", m.getCardsCount,
				api.Returns[string]("The number of contacts.")),
		},
	}
}

// Groups gives those of ids that are groups of the account, in the order of their ids.
func (m *Module) Groups(q *db.Reader, accountID int64, ids []int64) (found []Group, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	w := alive(accountID)
	w.OneOf("id", ids)
	return query(q, w, " ORDER BY id")
}

// alive is the search for groups of an account that are not deleted.
func alive(accountID int64) *db.Where {
	w := db.WhereAccount(accountID)
	w.Holds("deleted_ms IS NULL")
	return w
}

// query reads groups; rest is what comes behind the conditions.
func query(q *db.Reader, w *db.Where, rest string) (found []Group, err error) {
	err = q.Query("SELECT id, account_id, name, cards, created_ms FROM contact_group"+w.Clause()+rest, func(rows db.Row) error {
		var g Group
		err := rows.Scan(&g.ID, &g.AccountID, &g.Name, &g.Cards, &g.CreatedMs)
		found = append(found, g)
		return err
	}, w.Args()...)
	return found, err
}

// fold is a name as names are compared.
func fold(name string) string { return strings.ToLower(name) }

// nameTaken makes code 1 of a name that another group of the account has, and says of
// other errors what failed.
func nameTaken(what string, err error) error {
	var refusal *api.Error
	switch {
	case errors.Is(err, db.ErrConflict):
		return api.Invalid("name", "contactGroup.nameTaken", nil)
	case errors.As(err, &refusal):
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
