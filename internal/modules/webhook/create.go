package webhook

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
	"github.com/heliograph-sms/heliograph/internal/once"
)

// ids numbers webhooks.
const ids = "webhook"

// webhooksMost is how many webhooks an account may have: each is a row more in the
// transaction that makes a message's status final.
const webhooksMost = 50

type createParams struct {
	api.Validation
	Data createData `param:"data,required,entity" doc:"The webhook."`
}

type createData struct {
	EventType string `param:"eventType,required,oneof=sms-delivery-report|form-submission|form-contact-confirmation|form-contact-unsubscribe" doc:"Which events it is told of."`
	URL       string `param:"url,required,max=1000" doc:"Where events are posted to: http or https."`
	Format    string `param:"format,oneof=raw|xml|json,default=json" doc:"The form of the body: raw (form-encoded), xml or json."`
	Secret    string `param:"secret,max=255" doc:"Signs what is posted; absent = nothing is signed. It is never shown."`
	Status    int    `param:"status,oneof=0|1,default=1" doc:"1 = on, 0 = off."`
}

// create answers the new webhook's id.
func (m *Module) create(ctx context.Context, c *api.Call, p *createParams) (any, error) {
	m.checkURL(&p.Validation, p.Data.URL)
	if err := p.Err(); err != nil {
		return nil, err
	}
	id, err := m.DB.NextID(ctx, ids)
	if err != nil {
		return nil, err
	}
	w := &Webhook{
		ID: id, AccountID: c.Account.ID, EventType: p.Data.EventType, URL: p.Data.URL, Format: post.Format(p.Data.Format),
		Secret: p.Data.Secret, Status: Status(p.Data.Status),
	}
	answer := strconv.FormatInt(id, 10)
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := insert(tx, w); err != nil {
			return err
		}
		return once.Keep(tx, c, answer)
	})
	if err != nil {
		return nil, fmt.Errorf("create a webhook: %w", err)
	}
	m.Refresh(ctx)
	return answer, nil
}

// checkURL judges an address; one that is empty was judged already.
func (m *Module) checkURL(v *api.Validation, url string) {
	if url == "" {
		return
	}
	switch err := post.CheckURL(url, m.Allow); {
	case errors.Is(err, post.ErrInner):
		v.Add("url", "webhook.innerAddress", nil)
	case err != nil:
		v.Add("url", "webhook.notURL", nil)
	}
}

// insert fails with code 15 where the account has as many as it may have.
func insert(tx *db.Tx, w *Webhook) error {
	var count int
	if err := tx.One(`SELECT count(*) FROM webhook WHERE account_id = $1 AND deleted_ms IS NULL`, []any{w.AccountID}, &count); err != nil {
		return err
	}
	if count >= webhooksMost {
		return api.Failed("webhook.tooMany", api.Args{"Count": webhooksMost})
	}
	_, err := tx.Exec(`INSERT INTO webhook (id, account_id, event_type, url, format, secret, status, created_ms, updated_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		w.ID, w.AccountID, w.EventType, w.URL, string(w.Format), w.Secret, int64(w.Status), tx.Now(), tx.Now())
	return errors.Join(err, tx.Touch(Topic))
}
