package alphaname

import (
	"context"
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

const columns = `id, account_id, name, is_default, status, coalesce(description, ''), coalesce(comment, ''), registered,
	coalesce(expires_ms, 0), created_ms, updated_ms`

// scan reads columns.
func (a *Alphaname) scan(rows db.Row) error {
	var registered string
	err := rows.Scan(&a.ID, &a.AccountID, &a.Name, &a.Default, &a.Status, &a.Description, &a.Comment, &registered,
		&a.Expires, &a.Created, &a.Updated)
	if registered != "" {
		a.Registered = strings.Split(registered, ",")
	}
	return err
}

// List reads all senders in order of id.
func (m *Module) List(ctx context.Context) (all []Alphaname, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT "+columns+" FROM alphaname ORDER BY id", func(rows db.Row) error {
			var a Alphaname
			err := a.scan(rows)
			all = append(all, a)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the senders: %w", err)
	}
	return all, nil
}

type listParams struct {
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many senders on it."`
	Sort       api.Sort       `param:"sort" sort:"id createTs" doc:"The order; absent = newest first."`
}

// list answers a page of the account's senders and the shared ones.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	items, total, ownDefault := []item{}, int64(0), false
	w := &db.Where{}
	w.Holds("account_id IN (?, ?)", c.Account.ID, Shared)
	err := m.db.Read(ctx, func(q *db.Reader) error {
		err := q.One("SELECT count(*), coalesce(max(CASE WHEN account_id = $1 THEN is_default END), 0) FROM alphaname"+w.Clause(),
			w.Args(), &total, &ownDefault)
		if err != nil {
			return err
		}
		text := "SELECT " + columns + " FROM alphaname" + w.Clause() + order(p.Sort) + w.Page(p.Pagination.Size, p.Pagination.Offset())
		return q.Query(text, func(rows db.Row) error {
			var a Alphaname
			err := a.scan(rows)
			a.Default = a.Default && (a.AccountID == c.Account.ID || !ownDefault)
			items = append(items, newItem(c, &a))
			return err
		}, w.Args()...)
	})
	if err != nil {
		return nil, fmt.Errorf("list senders: %w", err)
	}
	return api.NewList(items, total), nil
}

func order(sort api.Sort) string {
	column := map[string]string{"id": "id", "createTs": "created_ms"}
	var keys []string
	for _, key := range sort {
		keys = append(keys, column[key.Field]+db.Direction(key.Desc, false))
	}
	return db.OrderBy(append(keys, "id"+db.Direction(len(sort) == 0 || sort[0].Desc, false)))
}
