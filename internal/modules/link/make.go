package link

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// ids numbers links.
const ids = "link"

// NextID gives the id of a link to be made. It must not be called inside a transaction.
func (m *Module) NextID(ctx context.Context) (int64, error) { return m.DB.NextID(ctx, ids) }

// ShortLink is a code as people get it. All are of one length.
func (m *Module) ShortLink(code string) string { return m.Base + "/" + code }

var insertLink = db.Rows(`INSERT INTO short_link (id, account_id, campaign_id, code, full_link, link_folded, status, moderator_status,
		expiration_date, comment, comment_folded, clicks, redirects, created_ms, updated_ms)
	SELECT :id, :account_id, :campaign_id, :code, :full_link, :link_folded, :status, :moderator_status,
		:expiration_date, :comment, :comment_folded, 0, 0, :now, :now {rows}`,
	"id bigint", "account_id bigint", "campaign_id bigint", "code text", "full_link text", "link_folded text", "status bigint",
	"moderator_status bigint", "expiration_date text", "comment text", "comment_folded text", "now bigint")

// Make writes links in the transaction, and sets their codes: some hundreds at a time,
// each two rows. Their ids come from NextID, and their addresses are as Check gives
// them.
func (m *Module) Make(tx *db.Tx, links []*Link) error {
	own := make([]*Personal, len(links))
	for i, l := range links {
		own[i] = &Personal{LinkID: l.ID}
	}
	if err := m.MakePersonal(tx, own); err != nil {
		return err
	}
	return tx.Each(insertLink, len(links), func(i int, args []any) {
		l := links[i]
		l.Code = own[i].Code
		args[0], args[1], args[2], args[3], args[4], args[5] = l.ID, l.AccountID, orNull(l.CampaignID), l.Code, l.FullLink, fold(l.FullLink)
		args[6], args[7], args[8] = int64(l.Status), int64(l.ModeratorStatus), l.ExpirationDate
		args[9], args[10], args[11] = l.Comment, fold(l.Comment), tx.Now()
	})
}
