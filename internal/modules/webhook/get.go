package webhook

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type getParams struct {
	ID int64 `param:"id,required" doc:"Id of the webhook."`
}

func (m *Module) get(ctx context.Context, c *api.Call, p *getParams) (any, error) {
	var w *Webhook
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		w, err = find(q, c.Account.ID, p.ID)
		return err
	})
	if err != nil {
		return nil, notFoundOr(fmt.Sprintf("webhook %d", p.ID), err)
	}
	return newObject(c, w), nil
}
