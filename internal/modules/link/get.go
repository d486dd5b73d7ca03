package link

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// object is a link as it stands on the wire (contract §5).
type object struct {
	ShortLink          string          `json:"shortLink" doc:"The whole short link."`
	ID                 int64           `json:"id,string" doc:"Id of the link."`
	PartnerID          string          `json:"partnerId" doc:"The reseller of the account, of which there is one: always \"1\"."`
	UserID             int64           `json:"userId,string" doc:"Id of the account."`
	Status             Status          `json:"status,string" doc:"1 = it leads to its target, 0 = it leads nowhere for now."`
	ModeratorStatus    ModeratorStatus `json:"moderatorStatus,string" doc:"1 = allowed, 0 = blocked by the operator."`
	IsTmp              string          `json:"isTmp" doc:"1 = made for the text of a message or a campaign, 0 = made by link/create."`
	IsCustom           string          `json:"isCustom" doc:"Always \"0\"."`
	DomainID           string          `json:"domainId" doc:"Id of its domain, of which there is one."`
	ClickCnt           int64           `json:"clickCnt,string" doc:"Clicks on it, by people and by programs."`
	RedirectCnt        int64           `json:"redirectCnt,string" doc:"Clicks of people that were led to the target."`
	CreateTs           string          `json:"createTs" doc:"When it was made."`
	UpdateTs           string          `json:"updateTs" doc:"When it was changed last."`
	Code               string          `json:"code" doc:"Its code: what the short link ends in."`
	FullLink           string          `json:"fullLink" doc:"The target: where it leads."`
	Domain             *string         `json:"domain" doc:"The domain of the short link."`
	DeletedTs          *string         `json:"deletedTs" doc:"When it was deleted; null = it was not."`
	ExpirationDate     *string         `json:"expirationDate" doc:"Its last day, YYYY-MM-DD in the account's zone; null = it never ends."`
	RealExpirationDate *string         `json:"realExpirationDate" doc:"The same as expirationDate."`
	Comment            *string         `json:"comment" doc:"A note."`
	ModeratorComment   *string         `json:"moderatorComment" doc:"Always null."`
	AnalyticsKey       *string         `json:"analyticsKey" doc:"Always null."`
}

func (m *Module) object(c *api.Call, l *Link) object {
	o := object{
		ShortLink: m.ShortLink(l.Code), ID: l.ID, PartnerID: user.PartnerID, UserID: l.AccountID, Status: l.Status, ModeratorStatus: l.ModeratorStatus,
		IsTmp: "0", IsCustom: "0", DomainID: "1", ClickCnt: l.Clicks, RedirectCnt: l.Redirects,
		CreateTs: c.FormatTime(l.CreatedMs), UpdateTs: c.FormatTime(l.UpdatedMs), Code: l.Code, FullLink: l.FullLink,
		Domain: api.OrNull(m.judge.base.host), DeletedTs: c.TimeOrNull(l.DeletedMs),
		ExpirationDate: api.OrNull(l.ExpirationDate), RealExpirationDate: api.OrNull(l.ExpirationDate), Comment: api.OrNull(l.Comment),
	}
	if l.CampaignID != 0 {
		o.IsTmp = "1"
	}
	return o
}

// byCode finds a link by its code or a recipient's.
const byCode = "id = (SELECT link_id FROM link_code WHERE link_code.code = $2)"

// codeOf is what a short link, as it stood in a message, ends in; a code is one.
func codeOf(shortLink string) string { return shortLink[strings.LastIndexByte(shortLink, '/')+1:] }

type getParams struct {
	ID        *int64 `param:"id" doc:"Id of the link; or its code, or the short link itself."`
	Code      string `param:"code" doc:"The link's code, or a recipient's."`
	ShortLink string `param:"shortLink" doc:"The whole short link."`
}

func (m *Module) get(ctx context.Context, c *api.Call, p *getParams) (any, error) {
	condition, value := "id = $2", any(nil)
	switch {
	case p.ID != nil:
		value = *p.ID
	case p.Code != "":
		condition, value = byCode, p.Code
	case p.ShortLink != "":
		condition, value = byCode, codeOf(p.ShortLink)
	default:
		return nil, api.BadParameter("id", "value.oneOfNames", api.Args{"Names": "id, code, shortLink"})
	}
	var l *Link
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		l, err = find(q, "account_id = $1 AND "+condition+" AND deleted_ms IS NULL", c.Account.ID, value)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, api.NotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("get a link: %w", err)
	}
	return m.object(c, l), nil
}
