package message

import (
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// conditions are the criteria about messages themselves as they are asked of blocks.
// They find what where finds, of the messages that are settled; it has told that the
// values are possible.
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
		asked = append(asked, column.Part(phone.Digits(cr.To)))
	}
	if status, ok := ParseStatus(cr.Status); ok {
		asked = append(asked, column.OneOf(column.Status, int64(status), int64(status)|wasDeclined))
	}
	return append(asked, spans(c, cr.own())...)
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

func spans(c *api.Call, pairs []timePair) (asked []column.Condition) {
	for _, pair := range pairs {
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
func madeBefore(c *api.Call, pairs []timePair) (asked []column.Condition) {
	for _, pair := range pairs {
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

// alternative is a part of a search that is asked of blocks by itself.
type alternative struct {
	settled   []column.Condition
	unsettled []column.Condition // what of them is asked of messages that are not settled
	mutable   bool               // it depends on what changes until a message is final
}

// newAlternative puts conditions together; open is what they mean for messages that are
// not settled, beyond what never changes.
func newAlternative(settled, open []column.Condition, o order) alternative {
	a := alternative{settled: settled, mutable: o.mutable() || len(still(settled)) < len(settled)}
	if a.mutable {
		final := append(settledStatuses(CampaignDone), settledStatuses(CampaignDeclined)...)
		a.settled = append(slices.Clip(settled), column.OneOf(column.Status, final...))
		a.unsettled = append(append(still(settled), open...), column.OneOf(column.Status, unsettled))
	}
	return a
}

// alternatives are the search as it is asked of blocks. Which bulk campaigns are meant
// is read first; named stands for them.
func (s *search) alternatives(q *db.Reader) (all []alternative, named string, err error) {
	with := func(more ...column.Condition) []column.Condition { return append(slices.Clip(s.conditions), more...) }
	if !s.of.asks() {
		return []alternative{newAlternative(s.conditions, s.early, s.order)}, "", nil
	}
	if s.of.single != nil {
		single := append(with(column.OneOf(column.Kind, kindSingle)), s.of.settled...)
		all = append(all, newAlternative(single, append(slices.Clip(s.early), s.of.early...), s.order))
	}
	if s.of.bulk != nil {
		ids, err := s.of.readCampaigns(q)
		if err != nil {
			return nil, "", err
		}
		all, named = append(all, newAlternative(with(column.OneOf(column.Campaign, ids...)), s.early, s.order)), digest(ids)
	}
	return all, named, nil
}
