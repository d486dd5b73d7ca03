package numberstoplist

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type listParams struct {
	Criteria   listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many entries on it."`
	Sort       api.Sort       `param:"sort" sort:"id number createTs" doc:"The order; absent = newest first."`
}

type listCriteria struct {
	api.Criteria
	Number  string `param:"number,max=50" doc:"A number or any part of it. A range is found by a part of either end, and by any number in it."`
	Comment string `param:"comment,max=255" doc:"Part of the comment, in letters of any case."`
}

// list answers a page of the account's entries and those for all accounts.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	s := newSearch(c, p)
	if s == nil {
		return api.NewList([]item{}, 0), nil
	}
	items, total := []item{}, int64(0)
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		page, found, err := m.find(q, s)
		for i := range page {
			items = append(items, newItem(c, m.Book, &page[i]))
		}
		total = found
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the stop list: %w", err)
	}
	return api.NewList(items, total), nil
}

const columns = "id, account_id, number_from, number_to, comment, created_by, created_ms"

// scan reads columns.
func (e *Entry) scan(row db.Row) error {
	return row.Scan(&e.ID, &e.AccountID, &e.Numbers.From, &e.Numbers.To, &e.Comment, &e.CreatedBy, &e.CreatedMs)
}

func query(q *db.Reader, text string, args []any) (all []Entry, err error) {
	err = q.Query(text, func(row db.Row) error {
		var e Entry
		err := e.scan(row)
		all = append(all, e)
		return err
	}, args...)
	return all, err
}

// Each reads an account's entries, or Global's, in order of number.
func (m *Module) Each(ctx context.Context, accountID int64, each func(*Entry) error) error {
	const chunk = 10_000
	for after, more := (Range{}), true; more; {
		var entries []Entry
		err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
			entries, err = query(q, "SELECT "+columns+` FROM stop_number WHERE account_id = $1
				AND number_from >= $2 AND (number_from > $2 OR number_to > $3) ORDER BY number_from, number_to LIMIT $4`,
				[]any{accountID, after.From, after.To, int64(chunk)})
			return err
		})
		if err != nil {
			return fmt.Errorf("read the stop list: %w", err)
		}
		for i := range entries {
			if err := each(&entries[i]); err != nil {
				return err
			}
			after = entries[i].Numbers
		}
		more = len(entries) == chunk
	}
	return nil
}
