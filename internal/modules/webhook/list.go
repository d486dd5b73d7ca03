package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// failingLong is when an account is told that a webhook fails.
const failingLong = 24 * time.Hour

// object is a webhook as it stands on the wire; it has all but the secret.
type object struct {
	ID             int64   `json:"id,string" doc:"Id of the webhook."`
	UserID         int64   `json:"userId,string" doc:"Id of the account."`
	EventType      string  `json:"eventType" doc:"The type of the events it is told of."`
	URL            string  `json:"url" doc:"Where events are posted to."`
	Format         string  `json:"format" doc:"The form of the body: raw (form-encoded), xml or json."`
	HasSecret      string  `json:"hasSecret" doc:"1 = what is posted is signed, 0 = it is not."`
	Status         Status  `json:"status,string" doc:"1 = on, 0 = off."`
	CreateTs       string  `json:"createTs" doc:"When it was made."`
	UpdateTs       string  `json:"updateTs" doc:"When it was changed last."`
	FailingSinceTs *string `json:"failingSinceTs" doc:"Since when all attempts have failed; null = the last one did not."`
	Warning        *string `json:"warning" doc:"That it has failed for a day or longer, in the account's language; null = it has not."`
}

func newObject(c *api.Call, w *Webhook) object {
	o := object{
		ID: w.ID, UserID: w.AccountID, EventType: w.EventType, URL: w.URL, Format: string(w.Format), HasSecret: "0", Status: w.Status,
		CreateTs: c.FormatTime(w.CreatedMs), UpdateTs: c.FormatTime(w.UpdatedMs), FailingSinceTs: c.TimeOrNull(w.FailingMs),
	}
	if w.Secret != "" {
		o.HasSecret = "1"
	}
	if w.FailingMs != 0 && c.Now.Sub(time.UnixMilli(w.FailingMs)) >= failingLong {
		warning := c.Say("webhook.failing", api.Args{"Since": *o.FailingSinceTs})
		o.Warning = &warning
	}
	return o
}

type listParams struct {
	Criteria   listCriteria   `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination api.Pagination `param:"pagination" doc:"Which page, and how many webhooks on it."`
	Sort       api.Sort       `param:"sort" sort:"id createTs updateTs url" doc:"The order; absent = newest first."`
}

type listCriteria struct {
	api.Criteria
	ID        *int64 `param:"id" doc:"Id of a webhook."`
	EventType string `param:"eventType" doc:"The type of events."`
	URL       string `param:"url" doc:"Part of the address."`
	Status    *int64 `param:"status" doc:"1 = on, 0 = off."`
}

// list answers a page of the account's webhooks.
func (m *Module) list(ctx context.Context, c *api.Call, p *listParams) (any, error) {
	items, total := []object{}, int64(0)
	if p.Criteria.Nothing {
		return api.NewList(items, 0), nil
	}
	w := p.Criteria.where(c.Account.ID)
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		if err := q.One("SELECT count(*) FROM webhook"+w.Clause(), w.Args(), &total); err != nil {
			return err
		}
		text := "SELECT " + columns + " FROM webhook" + w.Clause() + order(p.Sort) + w.Page(p.Pagination.Size, p.Pagination.Offset())
		return q.Query(text, func(rows db.Row) error {
			var w Webhook
			err := rows.Scan(w.fields()...)
			items = append(items, newObject(c, &w))
			return err
		}, w.Args()...)
	})
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return api.NewList(items, total), nil
}

func (cr *listCriteria) where(accountID int64) *db.Where {
	w := db.WhereAccount(accountID)
	w.Holds("deleted_ms IS NULL")
	if cr.ID != nil {
		w.Holds("id = ?", *cr.ID)
	}
	if cr.Status != nil {
		w.Holds("status = ?", *cr.Status)
	}
	w.Is("event_type", cr.EventType)
	if cr.URL != "" {
		w.Contains("url", cr.URL)
	}
	return w
}

func order(sort api.Sort) string {
	column := map[string]string{"id": "id", "createTs": "created_ms", "updateTs": "updated_ms", "url": "url"}
	var keys []string
	for _, key := range sort {
		keys = append(keys, column[key.Field]+db.Direction(key.Desc, false))
	}
	return db.OrderBy(append(keys, "id"+db.Direction(len(sort) == 0 || sort[0].Desc, false)))
}
