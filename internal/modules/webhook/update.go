package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type updateParams struct {
	api.Validation
	ID   int64      `param:"id,required" doc:"Id of the webhook."`
	Data updateData `param:"data,required,entity" doc:"What is to change."`
}

type updateData struct {
	EventType string               `param:"eventType,oneof=sms-delivery-report|form-submission|form-contact-confirmation|form-contact-unsubscribe" doc:"Which events it is told of."`
	URL       string               `param:"url,max=1000" doc:"Where events are posted to, those that wait too."`
	Format    string               `param:"format,oneof=raw|xml|json" doc:"The form of the body: raw (form-encoded), xml or json."`
	Secret    api.Optional[string] `param:"secret,max=255" doc:"Signs what is posted; empty = nothing is signed from now on."`
	Status    *int                 `param:"status,oneof=0|1" doc:"1 = on, 0 = off: no new events; those that wait go on waiting."`
}

func (m *Module) update(ctx context.Context, c *api.Call, p *updateParams) (any, error) {
	m.checkURL(&p.Validation, p.Data.URL)
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		w, err := find(tx, c.Account.ID, p.ID)
		if err != nil {
			return err
		}
		if err := p.Err(); err != nil {
			return err
		}
		p.Data.apply(w)
		return errors.Join(w.store(tx), once.Keep(tx, c, true))
	})
	if err != nil {
		return nil, notFoundOr(fmt.Sprintf("update webhook %d", p.ID), err)
	}
	m.Refresh(ctx)
	return true, nil
}

// apply changes a webhook. At another address nothing has failed yet.
func (d *updateData) apply(w *Webhook) {
	if d.EventType != "" {
		w.EventType = d.EventType
	}
	if d.URL != "" && d.URL != w.URL {
		w.URL, w.FailingMs = d.URL, 0
	}
	if d.Format != "" {
		w.Format = post.Format(d.Format)
	}
	if d.Secret.Present {
		w.Secret = d.Secret.Value
	}
	if d.Status != nil {
		w.Status = Status(*d.Status)
	}
}

func (w *Webhook) store(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE webhook SET event_type = $2, url = $3, format = $4, secret = $5, status = $6, updated_ms = $7,
		failing_ms = CASE WHEN CAST($8 AS bigint) = 0 THEN NULL ELSE failing_ms END WHERE id = $1`,
		w.ID, w.EventType, w.URL, string(w.Format), w.Secret, int64(w.Status), tx.Now(), w.FailingMs)
	return errors.Join(err, tx.Touch(Topic))
}

// one reads a single row: db.Tx.One or db.Reader.One.
type one interface {
	One(text string, args []any, dest ...any) error
}

// find reads an account's webhook; db.ErrNotFound says that there is none.
func find(q one, accountID, id int64) (*Webhook, error) {
	w := &Webhook{}
	err := q.One("SELECT "+columns+" FROM webhook WHERE account_id = $1 AND id = $2 AND deleted_ms IS NULL", []any{accountID, id}, w.fields()...)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// notFoundOr makes code 2 of db.ErrNotFound, and says of other errors what failed.
func notFoundOr(what string, err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return api.NotFound()
	}
	return fmt.Errorf("%s: %w", what, err)
}
