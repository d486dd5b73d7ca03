package message

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Campaigns is package campaign, as far as a list of messages needs it.
type Campaigns interface {
	// Infos gives, for each of the messages of a page, the object of
	// campaign/getInfo, read with q where it has to be read.
	Infos(q *db.Reader, c *api.Call, page []*Record) ([]any, error)
}

type listParams struct {
	Criteria       listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination     api.Pagination `param:"pagination" doc:"Which page, and how many messages on it."`
	Sort           api.Sort       `param:"sort" sort:"id campaignId from to text status startSendTs statusUpdateTs segNum" doc:"The order; absent = newest first. Statuses sort by their place in a message's life."`
	WithNumberInfo bool           `param:"withNumberInfo" doc:"1 = with the recipient's country and operator."`
}

// list answers a page and how many messages there are on all pages.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	items := []Item{}
	where, possible := p.Criteria.where(c)
	if !possible {
		return api.NewList(items, 0), nil
	}
	var total int64
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		page, err := readPage(q, where, p)
		if err != nil {
			return err
		}
		if total, err = countAll(q, where, p.Pagination, len(page)); err != nil {
			return err
		}
		items, err = m.items(q, c, p, page)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return api.NewList(items, total), nil
}

func readPage(q *db.Reader, where *Where, p *listParams) ([]*Record, error) {
	page := make([]*Record, 0, p.Pagination.Size)
	limit, args := where.Limit(p.Pagination)
	err := q.Query("SELECT "+recordColumns+" FROM message"+where.Clause()+OrderBy(p.Sort, sortColumn)+limit,
		func(rows *sql.Rows) error {
			r := &Record{}
			page = append(page, r)
			return rows.Scan(r.fields()...)
		}, args...)
	return page, err
}

// countAll counts what is on all pages. A page that is not full is the last one
// and says so by itself.
func countAll(q *db.Reader, where *Where, p api.Pagination, onPage int) (total int64, err error) {
	if onPage < p.Size && (onPage > 0 || p.Current == 0) {
		return int64(p.Offset() + onPage), nil
	}
	err = q.One("SELECT count(*) FROM message"+where.Clause(), where.Args(), &total)
	return total, err
}

// sortColumn is the column behind a name of the sort parameter.
func sortColumn(field string) (name string, nullable bool) {
	switch field {
	case "campaignId":
		return "campaign_id", false
	case "from":
		return "sender", false
	case "to":
		return "recipient", false
	case "text":
		return "text", true
	case "status":
		return "status", false
	case "startSendTs":
		return "start_send_ms", true
	case "statusUpdateTs":
		return "status_update_ms", true
	case "segNum":
		return "seg_num", false
	default:
		return "id", false
	}
}
