package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type updateParams struct {
	api.Validation
	ID   *int64     `param:"id" doc:"Id of the link; or its code."`
	Code string     `param:"code" doc:"The link's code, or a recipient's, where there is no id."`
	Data updateData `param:"data,required,entity" doc:"What changes."`
}

type updateData struct {
	Status         *int64               `param:"status,min=0,max=1" doc:"1 = it leads there, 0 = it leads nowhere for now; absent = as it is."`
	ExpirationDate string               `param:"expirationDate" doc:"Its last day, YYYY-MM-DD in the account's zone; absent or empty = never ends."`
	Comment        api.Optional[string] `param:"comment,max=255" doc:"A note; absent = as it is."`
	FullLink       string               `param:"fullLink" doc:"Where it leads from now on; absent = as it is."`
}

// update changes a link, a deleted one too, and answers true.
func (m *Module) update(ctx context.Context, c *api.Call, p *updateParams) (any, error) {
	if p.ID == nil && p.Code == "" {
		return nil, api.MissingParameter("id")
	}
	var change Link
	m.lead(&p.Validation, &change, p.Data.FullLink)
	expire(c, &p.Validation, &change, p.Data.ExpirationDate)
	err := m.change(ctx, func(tx *db.Tx) error {
		l, err := p.find(tx, c.Account.ID)
		if err = cmp.Or(err, p.Err()); err != nil {
			return err
		}
		_, err = tx.Exec(updateLink, append(p.Data.given(&change), change.ExpirationDate, tx.Now(), l.ID)...)
		return errors.Join(err, once.Keep(tx, c, true))
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, api.NotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("update a link: %w", err)
	}
	return true, nil
}

func (p *updateParams) find(tx *db.Tx, accountID int64) (*Link, error) {
	if p.ID != nil {
		return find(tx, "account_id = $1 AND id = $2", accountID, *p.ID)
	}
	return find(tx, "account_id = $1 AND "+byCode, accountID, p.Code)
}

// updateLink leaves alone what is null, whatever another change sets it to meanwhile.
const updateLink = `UPDATE short_link SET full_link = coalesce($1, full_link), link_folded = coalesce($2, link_folded), status = coalesce($3, status),
	comment = coalesce($4, comment), comment_folded = coalesce($5, comment_folded), expiration_date = $6, updated_ms = $7 WHERE id = $8`

// given are the first arguments of updateLink.
func (d *updateData) given(change *Link) []any {
	var status, comment, folded any
	if d.Status != nil {
		status = *d.Status
	}
	if d.Comment.Present {
		comment, folded = d.Comment.Value, fold(d.Comment.Value)
	}
	return []any{db.OrNull(change.FullLink), db.OrNull(fold(change.FullLink)), status, comment, folded}
}
