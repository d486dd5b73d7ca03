package message

import (
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// SingleCriteria narrow a search to messages that were sent singly, as the campaigns
// that they are: what is empty does not narrow.
type SingleCriteria struct {
	ID                           *int64
	IDs                          []int64
	From, To, Text               string // To is any part of the number
	Status                       string // the campaign's commonStatus, NOT_YET_SENT or DEFERRED
	CreateTsFrom, CreateTsTo     string // a time in the account's zone, or a date
	CreateDateFrom, CreateDateTo string
	SentTsFrom, SentTsTo         string
}

// Singles is a search for messages that were sent singly.
type Singles struct {
	m *Module
	s *search
}

// Singles puts criteria and a sort together: by id, name, from, counters.totalCost,
// createTs, startSendTs and endSendTs. possible is false when nothing can be found.
func (m *Module) Singles(c *api.Call, criteria SingleCriteria, sort api.Sort) (found Singles, possible bool) {
	cr := &listCriteria{ID: criteria.ID, IDs: criteria.IDs, From: criteria.From, To: criteria.To, Text: criteria.Text, CampaignStatus: criteria.Status}
	cr.CampaignCreateTsFrom, cr.CampaignCreateTsTo = criteria.CreateTsFrom, criteria.CreateTsTo
	cr.CampaignCreateDateFrom, cr.CampaignCreateDateTo = criteria.CreateDateFrom, criteria.CreateDateTo
	cr.CampaignSentTsFrom, cr.CampaignSentTsTo = criteria.SentTsFrom, criteria.SentTsTo
	of := cr.ofCampaign(c)
	of.bulk = nil
	s, possible := newSearch(c, cr, of, orderBy(m.singleFields, sort))
	return Singles{m, s}, possible
}

// Place is where a record stands in the order of a search; zero is the beginning.
type Place struct{ at place }

// PlaceOf is where a record stands.
func (f Singles) PlaceOf(r *Record) Place { return Place{f.s.order.placeOf(r)} }

// Read gives up to limit records from the one that comes offset after the first behind
// a place, and how many there are in all.
func (f Singles) Read(q *db.Reader, behind Place, limit, offset int) (found []*Record, total int64, err error) {
	s := *f.s
	s.begin, s.skip, s.size = behind.at, offset, limit
	return f.m.search(q, &s)
}

// EndSendMs is when a single message was handed over: when it began to be, since its
// segments follow one another. 0 = it was not yet.
func (r *Record) EndSendMs() int64 {
	switch r.CampaignStatus() {
	case CampaignSent, CampaignDone:
		return r.StartSendMs
	default:
		return 0
	}
}

// endSendMs is the same in SQL. In a block it is the time when sending began: a
// message that was declined has none.
const endSendMs = `CASE WHEN status >= 2 AND moderation <> 2 THEN coalesce(start_send_ms, 0) ELSE 0 END`

// FoldName makes of a campaign's name what it sorts by.
func FoldName(name string) string { return strings.ToLower(name) }

// singleFields are what campaign/list sorts single messages by (contract §4). By name
// they are sorted here: SQLite folds only ASCII.
func singleFields() map[string]*sortField {
	fields := sortFields()
	return map[string]*sortField{
		"id":   fields["id"],
		"from": fields["from"],
		"name": {"", false, "", noColumn, byText(func(r *Record) string { return FoldName(r.Name) })},
		"counters.totalCost": {"seg_num * seg_price", false, "seg_num * seg_price", column.Cost,
			byNumber(func(r *Record) int64 { return int64(r.Cost()) })},
		"createTs":    {"created_ms", false, "created_ms", column.Created, byNumber(func(r *Record) int64 { return r.CreatedMs })},
		"startSendTs": fields["startSendTs"],
		"endSendTs":   {endSendMs, false, endSendMs, column.Start, byNumber((*Record).EndSendMs)},
	}
}
