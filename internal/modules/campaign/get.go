package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

func (m *Module) get(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	info, err := m.info(ctx, c, p.ID, nil)
	if err != nil {
		return nil, err
	}
	return info.Campaign, nil
}

type getInfoParams struct {
	idParams
	GetFilledTplCampaignText bool `param:"getFilledTplCampaignText,default=1" doc:"Of a template: 1 = its text filled with the data of the recipient added first, 0 = with its placeholders."`
}

func (m *Module) getInfo(ctx context.Context, c *api.Call, p *getInfoParams) (any, error) {
	var fill filling
	if p.GetFilledTplCampaignText {
		fill = m.filled
	}
	info, err := m.info(ctx, c, p.ID, fill)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// filling fills a template that has recipients.
type filling func(q *db.Reader, b *Bulk) (text string, err error)

// filled is the text of the recipient added first.
func (m *Module) filled(q *db.Reader, b *Bulk) (string, error) {
	return m.Messages.TextOf(q, b.FirstID)
}

// info finds a campaign, of many messages or of one; fill is nil where a template is to
// keep its placeholders.
func (m *Module) info(ctx context.Context, c *api.Call, id int64, fill filling) (info Info, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		b, err := find(q, c.Account.ID, id)
		if err != nil {
			return err
		}
		infos, err := m.bulkInfos(q, c, []*Bulk{b})
		if err != nil {
			return err
		}
		if info = infos[0]; fill != nil && b.Type == Template && b.FirstID != 0 {
			info.Text, err = fill(q, b)
		}
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		var r *message.Record
		if r, err = m.single(ctx, c, id); err == nil {
			return newInfo(c, r), nil
		}
		return Info{}, err
	}
	if err != nil {
		return Info{}, fmt.Errorf("campaign %d: %w", id, err)
	}
	return info, nil
}

// Exists fails with code 2 where the account has no campaign of that id.
func (m *Module) Exists(ctx context.Context, c *api.Call, id int64) error {
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		_, err := find(q, c.Account.ID, id)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		_, err = m.single(ctx, c, id)
	}
	return err
}

// single finds the message that is the campaign of that id.
func (m *Module) single(ctx context.Context, c *api.Call, id int64) (*message.Record, error) {
	r, err := m.Messages.FindSingle(ctx, c.Account.ID, id)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil, api.NotFound()
	case err != nil:
		return nil, fmt.Errorf("campaign %d: %w", id, err)
	}
	return r, nil
}

// bulkInfos gives the objects of campaigns of many messages, in their order.
func (m *Module) bulkInfos(q *db.Reader, c *api.Call, all []*Bulk) ([]Info, error) {
	counted, err := counters(q, c, all)
	if err != nil {
		return nil, err
	}
	groups, err := m.groups(q, c, all)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(all))
	for i, b := range all {
		infos[i] = Info{Campaign: newBulk(c, b, groups), Counters: counted[b.ID]}
	}
	return infos, nil
}

// groups reads the contact groups of campaigns, by their ids.
func (m *Module) groups(q *db.Reader, c *api.Call, all []*Bulk) (map[int64]Group, error) {
	var ids groupIDs
	for _, b := range all {
		ids = ids.with(b.Groups)
	}
	byID := make(map[int64]Group, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	found, err := m.Groups.Groups(q, c.Account.ID, ids)
	for _, g := range found {
		byID[g.ID] = Group{ID: g.ID, Name: g.Name, CardsCnt: g.Cards}
	}
	return byID, err
}

// Infos gives the object of getInfo for the campaign of each message of a page, deleted
// ones too; it makes Module a message.Campaigns.
func (m *Module) Infos(q *db.Reader, c *api.Call, page []*message.Record) ([]any, error) {
	bulk, err := m.bulkOf(q, c, page)
	if err != nil {
		return nil, err
	}
	infos := make([]any, len(page))
	for i, r := range page {
		if r.Single() {
			infos[i] = newInfo(c, r)
		} else if info, known := bulk[r.CampaignID]; known {
			infos[i] = info
		}
	}
	return infos, nil
}

var selectBulk = db.Rows("SELECT "+bulkColumns+" FROM campaign {rows} WHERE campaign.id = :wanted", "wanted bigint")

func (m *Module) bulkOf(q *db.Reader, c *api.Call, page []*message.Record) (map[int64]Info, error) {
	var ids []int64
	for _, r := range page {
		if !r.Single() && !slices.Contains(ids, r.CampaignID) {
			ids = append(ids, r.CampaignID)
		}
	}
	var all []*Bulk
	err := q.Each(selectBulk, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(row db.Row) error {
		b := &Bulk{}
		all = append(all, b)
		return row.Scan(b.fields()...)
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	infos, err := m.bulkInfos(q, c, all)
	byID := make(map[int64]Info, len(infos))
	for _, info := range infos {
		byID[info.ID] = info
	}
	return byID, err
}
