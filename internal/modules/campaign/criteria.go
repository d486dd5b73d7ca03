package campaign

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// listCriteria is what campaign/list can be narrowed by (contract §4). From/To pairs
// are times in the account's zone, both ends included; a date stands for the whole day.
type listCriteria struct {
	api.Criteria
	ID             *int64  `param:"id" doc:"Id of a campaign."`
	IDs            []int64 `param:"ids,first=100" doc:"Ids of campaigns; the first 100 count."`
	Recipient      string  `param:"recipient" doc:"The number of a recipient, or any part of it."`
	From           string  `param:"from" doc:"The sender ID."`
	Text           string  `param:"text" doc:"The whole text."`
	Status         string  `param:"status" doc:"A commonStatus, NOT_YET_SENT or DEFERRED."`
	Type           *int64  `param:"type" doc:"1 = a single message, or one recipient; 2 = the same text for all; 3 = a template."`
	Groups         []int64 `param:"groups,first=100" doc:"Ids of contact groups, to one of which it is sent."`
	CreateTsFrom   string  `param:"createTsFrom" doc:"It was made then or later."`
	CreateTsTo     string  `param:"createTsTo" doc:"It was made then or before."`
	CreateDateFrom string  `param:"createDateFrom" doc:"Older name of createTsFrom, a date."`
	CreateDateTo   string  `param:"createDateTo" doc:"Older name of createTsTo, a date."`
	SentTsFrom     string  `param:"sentTsFrom" doc:"Sending began then or later."`
	SentTsTo       string  `param:"sentTsTo" doc:"Sending began then or before."`
}

// singles are the criteria as they are asked of single messages; possible is false
// where they exclude those.
func (cr *listCriteria) singles() (criteria message.SingleCriteria, possible bool) {
	return message.SingleCriteria{
		ID: cr.ID, IDs: cr.IDs, From: cr.From, To: cr.Recipient, Text: cr.Text, Status: cr.Status,
		CreateTsFrom: cr.CreateTsFrom, CreateTsTo: cr.CreateTsTo, CreateDateFrom: cr.CreateDateFrom, CreateDateTo: cr.CreateDateTo,
		SentTsFrom: cr.SentTsFrom, SentTsTo: cr.SentTsTo,
	}, !cr.Nothing && len(cr.Groups) == 0 && (cr.Type == nil || Type(*cr.Type) == SingleMessage)
}

// condition is one of those on table campaign that must hold.
type condition struct {
	text   string // COLUMN stands for
	column string
	kind   columnKind
	args   []any
	exact  bool // its index has what it finds in the order of the ids
}

type columnKind int

const (
	numeric columnKind = iota
	textual
)

// conditions are the criteria as they are asked of campaigns of many messages; possible
// is false when none can be found.
func (cr *listCriteria) conditions(c *api.Call) (all []condition, possible bool) {
	if cr.ID != nil {
		all = append(all, condition{"COLUMN = ?", "id", numeric, []any{*cr.ID}, true})
	}
	if len(cr.IDs) > 0 {
		args := db.Listed(cr.IDs)
		all = append(all, condition{"COLUMN" + db.Marks(len(args)), "id", numeric, args, true})
	}
	if cr.From != "" {
		all = append(all, condition{"COLUMN = ?", "sender", textual, []any{cr.From}, true})
	}
	if cr.Text != "" {
		all = append(all, condition{"COLUMN = ? AND text = ?", "substr(text, 1, 40)", textual, []any{beginning(cr.Text), cr.Text}, true})
	}
	if cr.Type != nil {
		all = append(all, condition{"COLUMN = ?", "type", numeric, []any{*cr.Type}, true})
	}
	if len(cr.Groups) > 0 {
		text, args := message.InGroups("COLUMN", cr.Groups)
		all = append(all, condition{text, "group_ids", textual, args, true})
	}
	if cr.Status != "" {
		status, known := byStatus(message.CampaignStatus(cr.Status), c.Now.UnixMilli())
		if !known {
			return nil, false
		}
		all = append(all, status)
	}
	times, possible := cr.times(c)
	return append(all, times...), possible && !cr.Nothing
}

// beginning is as much of a text as the index has.
func beginning(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), 40)])
}

func (cr *listCriteria) times(c *api.Call) (all []condition, possible bool) {
	for _, pair := range [][3]string{
		{"created_ms", cr.CreateTsFrom, cr.CreateTsTo},
		{"created_ms", cr.CreateDateFrom, cr.CreateDateTo},
		{startExpr, cr.SentTsFrom, cr.SentTsTo},
	} {
		span, ok := message.ReadSpan(c, pair[1], pair[2])
		if !ok {
			return nil, false
		}
		if span.FromMs != nil {
			all = append(all, condition{"COLUMN >= ?", pair[0], numeric, []any{*span.FromMs}, false})
		}
		if span.BeforeMs != nil { // what is unset is 0
			all = append(all, condition{"COLUMN < ? AND COLUMN > 0", pair[0], numeric, []any{*span.BeforeMs}, false})
		}
	}
	return all, true
}

// byStatus says in states what Bulk.status says in words; a test holds the two together.
func byStatus(status message.CampaignStatus, nowMs int64) (cond condition, known bool) {
	texts := map[message.CampaignStatus]string{
		message.CampaignNew:        "COLUMN = 0",
		message.CampaignModeration: "COLUMN = 1",
		message.CampaignDeclined:   "COLUMN = 2",
		message.CampaignReady:      "COLUMN = 3 AND moderation = 3",
		message.CampaignAutoReady:  "COLUMN = 3 AND moderation <> 3",
		message.CampaignRunning:    "COLUMN IN (4, 5)",
		message.CampaignSent:       "COLUMN = 6",
		message.CampaignDone:       "COLUMN = 7",
		message.CampaignNotYetSent: "COLUMN IN (0, 1, 3)",
		message.CampaignDeferred:   "COLUMN IN (0, 1, 3) AND deferred_ms > ?",
	}
	text, known := texts[status]
	cond = condition{text, "state", numeric, nil, !strings.Contains(text, " IN ")}
	if status == message.CampaignDeferred {
		cond.args = []any{nowMs}
	}
	return cond, known
}

// sql is the condition. Wrapped, its column is none that an index has.
func (c condition) sql(wrapped bool) string {
	column := c.column
	switch {
	case wrapped && c.kind == numeric:
		column = "(" + column + " + 0)"
	case wrapped:
		column = "(" + column + " || '')"
	}
	return strings.ReplaceAll(c.text, "COLUMN", column)
}
