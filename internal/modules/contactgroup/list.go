package contactgroup

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// object is a group as it stands on the wire.
type object struct {
	ID       int64  `json:"id,string" doc:"Id of the group."`
	UserID   int64  `json:"userId,string" doc:"Id of the account."`
	Name     string `json:"name" doc:"Its name."`
	CardsCnt int64  `json:"cardsCnt,string" doc:"Contacts in it."`
	IsHidden string `json:"isHidden" doc:"Always \"0\": no group is hidden."`
	CreateTs string `json:"createTs" doc:"When it was made."`
}

type listParams struct {
	Criteria   listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many groups on it."`
	Sort       api.Sort       `param:"sort" sort:"id name cardsCnt createTs" doc:"The order; absent = newest first."`
}

type listCriteria struct {
	api.Criteria
	Name string `param:"name,max=255" doc:"Part of the name, in letters of any case."`
}

// list answers a page of the account's groups.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	if p.Criteria.Nothing {
		return api.NewList([]object{}, 0), nil
	}
	w := alive(c.Account.ID)
	if p.Criteria.Name != "" {
		w.Contains("name_folded", fold(p.Criteria.Name))
	}
	var groups []Group
	var total int64
	err := m.db.Read(ctx, func(q *db.Reader) (err error) {
		if err := q.One("SELECT count(*) FROM contact_group"+w.Clause(), w.Args(), &total); err != nil {
			return err
		}
		groups, err = query(q, w, order(p.Sort)+w.Page(p.Pagination.Size, p.Pagination.Offset()))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list contact groups: %w", err)
	}
	items := make([]object, len(groups))
	for i, g := range groups {
		items[i] = object{g.ID, g.AccountID, g.Name, g.Cards, "0", c.FormatTime(g.CreatedMs)}
	}
	return api.NewList(items, total), nil
}

func order(sort api.Sort) string {
	column := map[string]string{"id": "id", "name": "name_folded", "cardsCnt": "cards", "createTs": "created_ms"}
	var keys []string
	for _, key := range sort {
		keys = append(keys, column[key.Field]+db.Direction(key.Desc, false))
	}
	return db.OrderBy(append(keys, "id"+db.Direction(true, false)))
}
