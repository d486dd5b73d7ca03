package message_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// A criterion is a parameter of the search with what it must mean, said without SQL.
type criterion struct {
	name  string
	draw  func(rt *rapid.T, s *search) string
	holds func(r *message.Record, value string, s *search) bool
}

// search is what the criteria are drawn from and judged with.
type search struct {
	records   []*message.Record
	campaigns map[int64]*campaign.Bulk // those of many messages
	now       time.Time
	zone      *time.Location
}

// status is the campaign's, of which notYetSent says whether nothing was sent.
func (s *search) status(r *message.Record) (status message.CampaignStatus, notYetSent bool) {
	b := s.campaigns[r.CampaignID]
	if b == nil {
		status = r.CampaignStatus()
		return status, slices.Contains([]message.CampaignStatus{message.CampaignModeration, message.CampaignReady, message.CampaignAutoReady}, status)
	}
	status = map[campaign.State]message.CampaignStatus{
		campaign.Draft: message.CampaignNew, campaign.Waiting: message.CampaignModeration, campaign.Declined: message.CampaignDeclined,
		campaign.Ready: message.CampaignAutoReady, campaign.Running: message.CampaignRunning, campaign.Released: message.CampaignRunning,
		campaign.Sent: message.CampaignSent, campaign.Done: message.CampaignDone,
	}[b.State]
	if b.State == campaign.Ready && b.Moderation == message.Ready {
		status = message.CampaignReady
	}
	return status, b.State <= campaign.Ready && b.State != campaign.Declined
}

func (s *search) notYetSent(r *message.Record) bool {
	_, is := s.status(r)
	return is
}

func (s *search) deferredMs(r *message.Record) int64 {
	if b := s.campaigns[r.CampaignID]; b != nil {
		return b.DeferredMs
	}
	return r.DeferredMs
}

func (s *search) created(r *message.Record) int64 {
	if b := s.campaigns[r.CampaignID]; b != nil {
		return b.CreatedMs
	}
	return r.CreatedMs
}

func (s *search) started(r *message.Record) int64 {
	if b := s.campaigns[r.CampaignID]; b != nil {
		return b.StartSendMs
	}
	return r.StartSendMs
}

// inGroup tells whether the campaign is sent to one of the groups.
func (s *search) inGroup(r *message.Record, groups string) bool {
	b := s.campaigns[r.CampaignID]
	return b != nil && slices.ContainsFunc(strings.Split(groups, ","), func(word string) bool {
		id, err := strconv.ParseInt(word, 10, 64)
		return err == nil && slices.Contains(b.Groups, id)
	})
}

func (s *search) record(rt *rapid.T) *message.Record {
	return rapid.SampledFrom(s.records).Draw(rt, "record")
}

// wire is an instant as the API writes it: such texts sort as instants do.
func (s *search) wire(ms int64, layout string) string {
	return time.UnixMilli(ms).In(s.zone).Format(layout)
}

func searchCriteria() []criterion {
	all := []criterion{
		ids("id", 1, func(r *message.Record) int64 { return r.ID }),
		ids("ids", 30, func(r *message.Record) int64 { return r.ID }),
		ids("campaignId", 1, func(r *message.Record) int64 { return r.CampaignID }),
		ids("campaignIds", 30, func(r *message.Record) int64 { return r.CampaignID }),
		words("from", append(senders(), "nobody"), func(r *message.Record, _ *search) string { return r.Sender }),
		words("text", append(texts(), "100_", "%"), func(r *message.Record, _ *search) string { return r.Text }),
		words("status", []string{"NEW", "ENQUEUD", "ACCEPTD", "PDLIVRD", "DELIVRD", "UNDELIV", "REJECTD", "EXPIRED", "DELETED", "UNKNOWN", "new"},
			func(r *message.Record, _ *search) string { return r.Status.String() }),
		words("campaignStatus", []string{"NEW", "MODERATION", "DECLINED", "READY_FOR_SEND", "AUTO_READY_FOR_SEND", "RUNNING", "SENT", "DONE", "?"},
			func(r *message.Record, s *search) string {
				status, _ := s.status(r)
				return string(status)
			}),
		words("campaignStatus", []string{"NOT_YET_SENT"}, func(r *message.Record, s *search) string {
			return map[bool]string{true: "NOT_YET_SENT"}[s.notYetSent(r)]
		}),
		words("campaignStatus", []string{"DEFERRED"}, func(r *message.Record, s *search) string {
			return map[bool]string{true: "DEFERRED"}[s.notYetSent(r) && s.deferredMs(r) > s.now.UnixMilli()]
		}),
		{"groups", func(rt *rapid.T, _ *search) string {
			return rapid.SampledFrom([]string{"1", "2,13", "3", "99", "x"}).Draw(rt, "groups")
		},
			func(r *message.Record, value string, s *search) bool { return s.inGroup(r, value) }},
		words("unheardOf", []string{"x"}, func(*message.Record, *search) string { return "x" }),
		{"to", drawPart, func(r *message.Record, value string, _ *search) bool {
			digits := strings.NewReplacer("+", "", " ", "", "%", "", "_", "").Replace(value)
			return digits != "" && strings.Contains(r.Recipient, digits)
		}},
	}
	all = append(all, span("campaignCreateTs", api.TimeLayout, (*search).created)...)
	all = append(all, span("campaignCreateDate", api.DateLayout, (*search).created)...)
	all = append(all, span("campaignSentTs", api.TimeLayout, (*search).started)...)
	all = append(all, span("startSendTs", api.DateLayout, func(_ *search, r *message.Record) int64 { return r.StartSendMs })...)
	return append(all, span("statusUpdateTs", api.TimeLayout, func(_ *search, r *message.Record) int64 { return r.StatusUpdateMs })...)
}

// ids is a criterion of up to max ids; "x" is an id that no record can have.
func ids(name string, max int, of func(*message.Record) int64) criterion {
	return criterion{name, func(rt *rapid.T, s *search) string {
		values := []string{}
		for range rapid.IntRange(1, max).Draw(rt, "ids") {
			values = append(values, strconv.FormatInt(of(s.record(rt)), 10))
		}
		return rapid.SampledFrom([]string{strings.Join(values, ","), strings.Join(values, ","), "x", "-1"}).Draw(rt, "value")
	}, func(r *message.Record, value string, _ *search) bool {
		return slices.Contains(strings.Split(value, ","), strconv.FormatInt(of(r), 10))
	}}
}

func words(name string, from []string, of func(*message.Record, *search) string) criterion {
	return criterion{name, func(rt *rapid.T, _ *search) string { return rapid.SampledFrom(from).Draw(rt, "value") },
		func(r *message.Record, value string, s *search) bool { return of(r, s) == value }}
}

func drawPart(rt *rapid.T, s *search) string {
	number := s.record(rt).Recipient
	from := rapid.IntRange(0, len(number)-1).Draw(rt, "from")
	part := number[from:rapid.IntRange(from+1, len(number)).Draw(rt, "to")]
	return rapid.SampledFrom([]string{part, "+" + part[:1] + " " + part[1:], "%" + part, "_", "+"}).Draw(rt, "value")
}

// span is a From/To pair. Wire forms are compared as texts: that is what the ends'
// being included means.
func span(name, layout string, of func(*search, *message.Record) int64) []criterion {
	draw := func(rt *rapid.T, s *search) string {
		at := s.wire(s.record(rt).CreatedMs, layout)
		return rapid.SampledFrom([]string{at, at, at, "yesterday", at + "Z"}).Draw(rt, "value")
	}
	judge := func(sign int) func(*message.Record, string, *search) bool {
		return func(r *message.Record, value string, s *search) bool {
			return len(value) == len(layout) && value[0] == '2' && of(s, r) != 0 && sign*cmp.Compare(s.wire(of(s, r), layout), value) >= 0
		}
	}
	return []criterion{{name + "From", draw, judge(1)}, {name + "To", draw, judge(-1)}}
}

// drawSearch draws a few criteria and returns them as a form, with the records
// that they must find.
func (s *search) drawSearch(rt *rapid.T) (form url.Values, found []*message.Record) {
	form, found = url.Values{}, slices.Clone(s.records)
	for range rapid.IntRange(0, 3).Draw(rt, "criteria") {
		c := rapid.SampledFrom(searchCriteria()).Draw(rt, "criterion")
		key := "criteria[" + c.name + "]"
		if form.Has(key) {
			continue
		}
		form.Set(key, c.draw(rt, s))
		found = slices.DeleteFunc(found, func(r *message.Record) bool { return !c.holds(r, form.Get(key), s) })
	}
	return form, found
}

// drawSort draws an order and sorts the records by it. What is unset comes first,
// and the newest of those that are alike.
func drawSort(rt *rapid.T, form url.Values, found []*message.Record) (query string) {
	fields := map[string]func(a, b *message.Record) int{
		"id":             func(a, b *message.Record) int { return cmp.Compare(a.ID, b.ID) },
		"campaignId":     func(a, b *message.Record) int { return cmp.Compare(a.CampaignID, b.CampaignID) },
		"from":           func(a, b *message.Record) int { return cmp.Compare(a.Sender, b.Sender) },
		"to":             func(a, b *message.Record) int { return cmp.Compare(a.Recipient, b.Recipient) },
		"text":           func(a, b *message.Record) int { return cmp.Compare(a.Text, b.Text) },
		"status":         func(a, b *message.Record) int { return cmp.Compare(a.Status, b.Status) },
		"startSendTs":    func(a, b *message.Record) int { return cmp.Compare(a.StartSendMs, b.StartSendMs) },
		"statusUpdateTs": func(a, b *message.Record) int { return cmp.Compare(a.StatusUpdateMs, b.StatusUpdateMs) },
		"segNum":         func(a, b *message.Record) int { return cmp.Compare(a.SegNum, b.SegNum) },
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range fields {
			if !yield(name) {
				return
			}
		}
	})
	var keys []func(a, b *message.Record) int
	query = form.Encode()
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID).Draw(rt, "sort") {
		by, direction := fields[name], "asc"
		if rapid.Bool().Draw(rt, "descending") {
			by, direction = func(a, b *message.Record) int { return fields[name](b, a) }, "DESC"
		}
		keys = append(keys, by)
		query += fmt.Sprintf("&sort[%s]=%s", name, direction) // in this order, which Encode would not keep
	}
	slices.SortStableFunc(found, func(a, b *message.Record) int {
		for _, by := range keys {
			if c := by(a, b); c != 0 {
				return c
			}
		}
		return cmp.Compare(b.ID, a.ID)
	})
	return query
}

// TestListFindsSortsAndPagesWhatItIsAskedFor walks all pages of random searches
// over random records: together they are what a filter in Go finds, in its order,
// each record once.
func TestListFindsSortsAndPagesWhatItIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 3))
		a, other := w.account(nil), w.account(nil)
		records := w.randomRecords(random, a.id, 250)
		w.randomRecords(random, other.id, 250)
		w.findsEverything(a, records)
	})
}

// findsEverything walks all pages of random searches over the records of an account.
func (w *world) findsEverything(a account, records []*message.Record) {
	w.t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	w.ok(err)
	s := &search{records: records, campaigns: map[int64]*campaign.Bulk{}, now: w.clock.Now(), zone: zone}
	for _, b := range w.bulks[a.id] {
		s.campaigns[b.ID] = b
	}
	rapid.Check(w.t, func(rt *rapid.T) {
		form, found := s.drawSearch(rt)
		query := drawSort(rt, form, found)
		size := rapid.SampledFrom([]int{10, 25, 100}).Draw(rt, "page size")
		if got := w.allPages(rt, a, query, size, len(found)); !slices.Equal(got, idsOf(found)) {
			rt.Errorf("%s\nfound %v\nwant  %v", query, got, idsOf(found))
		}
	})
}

func idsOf(records []*message.Record) (ids []string) {
	for _, r := range records {
		ids = append(ids, strconv.FormatInt(r.ID, 10))
	}
	return ids
}

// allPages asks for page after page until one is empty.
func (w *world) allPages(rt *rapid.T, a account, query string, size, total int) (ids []string) {
	for page := 0; ; page++ {
		var list struct {
			Items          []struct{ ID string }
			TotalItemCount string
		}
		w.get(a, "message/list", fmt.Sprintf("%s&pagination[pageSize]=%d&pagination[currentPage]=%d", query, size, page), api.CodeOK, &list)
		if list.TotalItemCount != strconv.Itoa(total) || len(list.Items) > size {
			rt.Fatalf("%s: page %d has %d of %s, want of %d", query, page, len(list.Items), list.TotalItemCount, total)
		}
		if len(list.Items) == 0 {
			return ids
		}
		for _, item := range list.Items {
			ids = append(ids, item.ID)
		}
	}
}
