package message

import (
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// conditions are the criteria as they are asked of blocks. They find what where
// finds, of the messages that are settled; it has told that the values are possible.
func (cr *listCriteria) conditions(c *api.Call) (asked []column.Condition) {
	if cr.CampaignID != nil {
		asked = append(asked, column.OneOf(column.Campaign, *cr.CampaignID))
	}
	if len(cr.CampaignIDs) > 0 {
		asked = append(asked, column.OneOf(column.Campaign, cr.CampaignIDs...))
	}
	if cr.From != "" {
		asked = append(asked, column.Sender(cr.From))
	}
	if cr.Text != "" {
		asked = append(asked, column.OneOf(column.Text, column.Hash(cr.Text)))
	}
	if cr.To != "" {
		asked = append(asked, column.Part(strings.Map(digit, cr.To)))
	}
	if status, ok := ParseStatus(cr.Status); ok {
		asked = append(asked, column.OneOf(column.Status, int64(status), int64(status)|wasDeclined))
	}
	if cr.CampaignStatus != "" {
		asked = append(asked, column.OneOf(column.Status, settledStatuses(CampaignStatus(cr.CampaignStatus))...))
	}
	return append(asked, cr.within(c)...)
}

// settledStatuses are the statuses in a block of messages whose campaign has a
// status; it is done when its message is final, or was declined.
func settledStatuses(campaign CampaignStatus) (found []int64) {
	for status := Delivered; status <= Deleted; status++ {
		switch campaign {
		case CampaignDone:
			found = append(found, int64(status))
		case CampaignDeclined:
			found = append(found, int64(status)|wasDeclined)
		}
	}
	return found
}

func (t *listTimes) within(c *api.Call) (asked []column.Condition) {
	for _, pair := range t.pairs() {
		if span, ok := ReadSpan(c, pair.from, pair.to); ok && span != (db.Span{}) {
			asked = append(asked, column.Within(pair.in, span.FromMs, span.BeforeMs))
		}
	}
	return asked
}

// clockSlack is by how much a clock may have been set back while a message was on
// its way.
const clockSlack = 24 * time.Hour

// madeBefore are conditions on when messages were made, for those of which it is not
// known yet when sending began or the status changed: before that.
func (t *listTimes) madeBefore(c *api.Call) (asked []column.Condition) {
	for _, pair := range t.pairs() {
		if span, ok := ReadSpan(c, pair.from, pair.to); ok && span.BeforeMs != nil && mutable(pair.in) {
			before := *span.BeforeMs + clockSlack.Milliseconds()
			asked = append(asked, column.Within(column.Created, nil, &before))
		}
	}
	return asked
}

// still are the conditions on what never changes.
func still(all []column.Condition) (some []column.Condition) {
	for _, c := range all {
		if !mutable(c.Column()) {
			some = append(some, c)
		}
	}
	return some
}
