package message

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// ofCampaign is what a search asks of the campaigns that messages belong to. That of a
// single message is the message itself; others are rows of v_campaign.
type ofCampaign struct {
	account      int64
	single, bulk *terms             // nil = none of these is searched for
	settled      []column.Condition // the same as single, asked of blocks
	early        []column.Condition // more that is known of single messages before they are settled
}

// terms are conditions as SQL, all of which must hold.
type terms struct {
	conditions []string
	args       []any
}

func (t *terms) hold(condition string, args ...any) {
	if t != nil {
		t.conditions, t.args = append(t.conditions, condition), append(t.args, args...)
	}
}

func (t *terms) during(column string, span db.Span) {
	if span.FromMs != nil {
		t.hold(column+" >= ?", *span.FromMs)
	}
	if span.BeforeMs != nil {
		t.hold(column+" < ?", *span.BeforeMs)
	}
}

func (t *terms) and() string { return strings.Join(t.conditions, " AND ") }

func (cr *listCriteria) ofCampaign(c *api.Call) *ofCampaign {
	o := &ofCampaign{account: c.Account.ID, single: &terms{}, bulk: &terms{}}
	if len(cr.Groups) > 0 {
		o.inGroups(cr.Groups)
	}
	if cr.CampaignStatus != "" {
		o.inStatus(CampaignStatus(cr.CampaignStatus), c.Now.UnixMilli())
	}
	for _, pair := range cr.campaigns() {
		span, ok := ReadSpan(c, pair.from, pair.to)
		if !ok {
			o.single, o.bulk = nil, nil
			break
		}
		o.single.during(pair.column, span)
		o.bulk.during(pair.column, span)
	}
	o.settled = append(o.settled, spans(c, cr.campaigns())...)
	o.early = madeBefore(c, cr.campaigns())
	return o
}

// inGroups: single messages are sent to no group.
func (o *ofCampaign) inGroups(ids []int64) {
	o.single = nil
	condition, args := InGroups("group_ids", ids)
	o.bulk.hold(condition, args...)
}

// InGroups is a condition that a column, where groups stand as ,1,2, has one of ids.
func InGroups(column string, ids []int64) (condition string, args []any) {
	for _, id := range db.Listed(ids) {
		args = append(args, "%,"+strconv.FormatInt(id.(int64), 10)+",%")
	}
	like := column + " LIKE ?"
	return column + " <> '' AND (" + like + strings.Repeat(" OR "+like, len(args)-1) + ")", args
}

// possible tells whether any campaign may be what is searched for.
func (o *ofCampaign) possible() bool { return o.single != nil || o.bulk != nil }

// asks tells whether not every campaign is searched for.
func (o *ofCampaign) asks() bool {
	return o.single == nil || o.bulk == nil || len(o.single.conditions)+len(o.bulk.conditions) > 0
}

// narrow has a search find what is asked for.
func (o *ofCampaign) narrow(w *db.Where) {
	if !o.asks() {
		return
	}
	var either []string
	var args []any
	if o.single != nil {
		single := append([]string{"campaign_id = id"}, o.single.conditions...)
		either, args = append(either, strings.Join(single, " AND ")), append(args, o.single.args...)
	}
	if o.bulk != nil {
		text, bulkArgs := o.campaigns()
		either, args = append(either, "campaign_id <> id AND campaign_id IN ("+text+")"), append(args, bulkArgs...)
	}
	w.Holds(strings.Join(either, " OR "), args...)
}

// campaigns selects the ids of the bulk campaigns.
func (o *ofCampaign) campaigns() (text string, args []any) {
	conditions := append([]string{"account_id = ?"}, o.bulk.conditions...)
	return "SELECT id FROM v_campaign WHERE " + strings.Join(conditions, " AND "), append([]any{o.account}, o.bulk.args...)
}

// campaignsAtMost bounds the bulk campaigns that one search looks for by their ids.
const campaignsAtMost = 100_000

// readCampaigns gives the ids of the bulk campaigns, in order.
func (o *ofCampaign) readCampaigns(q *db.Reader) (ids []int64, err error) {
	w := db.WhereAccount(o.account)
	if len(o.bulk.conditions) > 0 {
		w.Holds(o.bulk.and(), o.bulk.args...)
	}
	text := "SELECT id FROM v_campaign" + w.Clause() + w.Page(campaignsAtMost+1, 0)
	err = q.Query(text, appendID(&ids), w.Args()...)
	if err == nil && len(ids) > campaignsAtMost {
		err = errTooMany
	}
	slices.Sort(ids)
	return ids, err
}

// digest stands for ids in a key.
func digest(ids []int64) string {
	h := fnv.New128a()
	for _, id := range ids {
		_, _ = h.Write(strconv.AppendInt(nil, id, 36))
		_, _ = h.Write([]byte{','})
	}
	return string(h.Sum(nil))
}
