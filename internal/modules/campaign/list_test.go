package campaign_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// listed is a campaign as a list must see it, whichever kind it is of.
type listed struct {
	id, kind, messages, cost          int64
	name, from, text                  string
	status                            message.CampaignStatus
	notYetSent                        bool
	created, started, ended, deferred int64
	groups                            []int64
	numbers                           []string
}

func of[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

const day = 24 * time.Hour

func numbers() []string { return []string{"77010000001", "77010000002", "77770701000", "79990000001"} }

// bulks makes n campaigns of an account with a few messages each, some of them deleted.
func (w *world) bulks(random *rand.Rand, account int64, n int) (all []listed) {
	w.t.Helper()
	var campaigns []*campaign.Bulk
	var messages []*message.Record
	for range n {
		b := w.bulk(random, account)
		l := listed{id: b.ID, kind: int64(b.Type), cost: int64(b.Cost), messages: int64(b.Messages), name: b.Name, from: b.From, text: b.Text,
			notYetSent: b.State <= campaign.Ready && b.State != campaign.Declined,
			created:    b.CreatedMs, started: b.StartSendMs, ended: b.EndSendMs, deferred: b.DeferredMs, groups: b.Groups}
		l.status = []message.CampaignStatus{"NEW", "MODERATION", "DECLINED", "AUTO_READY_FOR_SEND", "RUNNING", "RUNNING", "SENT", "DONE"}[b.State]
		if b.State == campaign.Ready && b.Moderation == message.Ready {
			l.status = message.CampaignReady
		}
		for range b.Messages {
			r := &message.Record{Message: message.Message{ID: w.nextID(), AccountID: account, CampaignID: b.ID, Recipient: of(random, numbers()...), SegNum: 1}}
			messages, l.numbers = append(messages, r), append(l.numbers, r.Recipient)
		}
		campaigns, all = append(campaigns, b), append(all, l)
	}
	gone := w.bulk(random, account)
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		if err := campaign.Restore(tx, append(campaigns, gone)); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE campaign SET deleted_ms = $1 WHERE id = $2`, tx.Now(), gone.ID); err != nil {
			return err
		}
		return w.messages.Restore(tx, messages)
	}))
	return all
}

func (w *world) nextID() int64 {
	w.t.Helper()
	id, err := w.db.NextID(w.t.Context(), message.IDs)
	w.ok(err)
	return id
}

func (w *world) bulk(random *rand.Rand, account int64) *campaign.Bulk {
	now := w.clock.Now().UnixMilli()
	b := &campaign.Bulk{ID: w.nextID(), AccountID: account, Type: of(random, campaign.SingleMessage, campaign.SameText, campaign.SameText, campaign.Template),
		State: campaign.State(random.IntN(8)), Name: of(random, names()...), From: of(random, "Heliograph", "Bank", "bank"), Text: of(random, texts()...),
		CreationWay: message.ByAPI, ValidityMin: 60, MClass: 1, CreatedMs: now - random.Int64N(10*day.Milliseconds()), Messages: random.IntN(4)}
	b.Segments, b.Cost = b.Messages, toKazakhstan
	b.Moderation = map[campaign.State]message.Moderation{campaign.Waiting: message.WaitingModerator, campaign.Declined: message.Declined,
		campaign.Ready: of(random, message.AutoReady, message.Ready)}[b.State]
	if b.State >= campaign.Running {
		b.StartSendMs = b.CreatedMs + random.Int64N(day.Milliseconds())
	} else {
		b.DeferredMs = random.Int64N(2) * (now + random.Int64N(2*day.Milliseconds()) - day.Milliseconds())
	}
	if b.State >= campaign.Sent {
		b.EndSendMs = b.StartSendMs + random.Int64N(day.Milliseconds())
	}
	for id := range int64(13) {
		if random.IntN(6) == 0 {
			b.Groups = append(b.Groups, id+1)
		}
	}
	return b
}

func names() []string { return []string{"", "", "Žluť", "žluť", "Autumn", "bank holiday"} }
func texts() []string {
	return []string{"Hi", "hi", "100%", strings.Repeat("€", 50), strings.Repeat("€", 51)}
}

// singles makes n messages of an account that were sent singly.
func (w *world) singles(random *rand.Rand, account int64, n int) (all []listed) {
	w.t.Helper()
	now := w.clock.Now().UnixMilli()
	var messages []*message.Record
	for range n {
		id := w.nextID()
		r := &message.Record{Message: message.Message{ID: id, AccountID: account, CampaignID: id, CreatedMs: now - random.Int64N(10*day.Milliseconds()),
			Sender: of(random, "Heliograph", "Bank", "bank"), Recipient: of(random, numbers()...), Text: of(random, texts()...), Country: "KZ",
			SegNum: 1 + random.IntN(3), SegPrice: of(random, toKazakhstan, 0), Status: message.Status(1 + random.IntN(8)),
			Moderation: message.Moderation(random.IntN(4)), CreationWay: message.ByAPI, MClass: 1, ValidityMin: 60, Name: of(random, names()...)}}
		if r.Status >= message.Accepted && r.Moderation != message.Declined {
			r.StartSendMs = r.CreatedMs + random.Int64N(day.Milliseconds())
		} else {
			r.DeferredMs = random.Int64N(2) * (now + random.Int64N(2*day.Milliseconds()) - day.Milliseconds())
		}
		l := listed{id: id, kind: 1, messages: 1, cost: int64(r.SegNum) * int64(r.SegPrice), name: r.Name, from: r.Sender, text: r.Text, status: r.CampaignStatus(),
			created: r.CreatedMs, started: r.StartSendMs, deferred: r.DeferredMs, numbers: []string{r.Recipient}}
		l.notYetSent = slices.Contains([]message.CampaignStatus{"MODERATION", "READY_FOR_SEND", "AUTO_READY_FOR_SEND"}, l.status)
		if l.status == message.CampaignSent || l.status == message.CampaignDone {
			l.ended = r.StartSendMs
		}
		messages, all = append(messages, r), append(all, l)
	}
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Restore(tx, messages) }))
	return all
}

// shelve puts the messages on shelves, in blocks of a few.
func (w *world) shelve() {
	w.t.Helper()
	filling := message.FillerConfig{BlockRows: 20, AtLeast: 60, Every: time.Hour, CheckAt: time.Minute}
	filler := message.New(message.Config{DB: w.db, Filling: filling}).Filler()
	for range 10 { // one round plans, the next one fills
		w.ok(filler.Round(w.t.Context()))
	}
	if n := w.number(`SELECT count(*) FROM message_block`); n < 5 {
		w.t.Fatalf("%d blocks", n)
	}
}

// mixed are an account's campaigns of both kinds, their ids mixed.
func (w *world) mixed(random *rand.Rand, account int64) (all []listed) {
	for range 6 {
		all = append(append(all, w.bulks(random, account, 10)...), w.singles(random, account, 20)...)
	}
	return all
}

// criterion is one of campaign/list with what it must mean, said without SQL.
type criterion struct {
	name   string
	values []string
	holds  func(l listed, value string) bool
}

// wireTime is an instant as the API writes it: such texts sort as instants do.
func wireTime(ms int64) string {
	return time.UnixMilli(ms).In(time.FixedZone("Almaty", 5*3600)).Format(api.TimeLayout)
}

func (w *world) criteria(all []listed) []criterion {
	now := w.clock.Now().UnixMilli()
	ids, moments := []string{"-1", "x"}, []string{"yesterday"}
	for _, l := range all[:20] {
		ids = append(ids, strconv.FormatInt(l.id, 10), fmt.Sprintf("%d,%d,%d", l.id, all[40].id, all[60].id))
		moments = append(moments, wireTime(l.created), wireTime(l.created)[:len(api.DateLayout)])
	}
	list := func(value string, has func(id int64) bool) bool {
		return slices.ContainsFunc(strings.Split(value, ","), func(word string) bool {
			id, err := strconv.ParseInt(word, 10, 64)
			return err == nil && has(id)
		})
	}
	span := func(of func(listed) int64, sign int) func(listed, string) bool {
		return func(l listed, value string) bool {
			return value[0] == '2' && of(l) != 0 && sign*cmp.Compare(wireTime(of(l))[:len(value)], value) >= 0
		}
	}
	created, started := func(l listed) int64 { return l.created }, func(l listed) int64 { return l.started }
	return []criterion{
		{"ids", ids, func(l listed, value string) bool { return list(value, func(id int64) bool { return id == l.id }) }},
		{"from", []string{"Bank", "bank", "nobody"}, func(l listed, value string) bool { return l.from == value }},
		{"text", append(texts(), "%"), func(l listed, value string) bool { return l.text == value }},
		{"type", []string{"1", "2", "3", "7"}, func(l listed, value string) bool { return strconv.FormatInt(l.kind, 10) == value }},
		{"groups", []string{"1", "2,13", "99"}, func(l listed, value string) bool {
			return list(value, func(id int64) bool { return slices.Contains(l.groups, id) })
		}},
		{"recipient", []string{"7701", "77010000001", "+7 999", "0", "8", "+"}, func(l listed, value string) bool {
			digits := strings.NewReplacer("+", "", " ", "").Replace(value)
			return digits != "" && slices.ContainsFunc(l.numbers, func(n string) bool { return strings.Contains(n, digits) })
		}},
		{"status", []string{"NEW", "MODERATION", "DECLINED", "READY_FOR_SEND", "AUTO_READY_FOR_SEND", "RUNNING", "SENT", "DONE", "NOT_YET_SENT", "DEFERRED", "?"},
			func(l listed, value string) bool {
				return string(l.status) == value || l.notYetSent && (value == "NOT_YET_SENT" || value == "DEFERRED" && l.deferred > now)
			}},
		{"createTsFrom", moments, span(created, 1)}, {"createTsTo", moments, span(created, -1)},
		{"createDateFrom", moments, span(created, 1)}, {"createDateTo", moments, span(created, -1)},
		{"sentTsFrom", moments, span(started, 1)}, {"sentTsTo", moments, span(started, -1)},
	}
}

func sorts() map[string]func(a, b listed) int {
	by := func(of func(listed) int64) func(a, b listed) int {
		return func(a, b listed) int { return cmp.Compare(of(a), of(b)) }
	}
	return map[string]func(a, b listed) int{
		"id":                   by(func(l listed) int64 { return l.id }),
		"name":                 func(a, b listed) int { return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) },
		"from":                 func(a, b listed) int { return cmp.Compare(a.from, b.from) },
		"counters.totalMsgNum": by(func(l listed) int64 { return l.messages }),
		"counters.totalCost":   by(func(l listed) int64 { return l.cost }),
		"createTs":             by(func(l listed) int64 { return l.created }),
		"startSendTs":          by(func(l listed) int64 { return l.started }),
		"endSendTs":            by(func(l listed) int64 { return l.ended }),
		"type":                 by(func(l listed) int64 { return l.kind }),
	}
}

// drawQuery draws criteria and an order; found is what they must give.
func (w *world) drawQuery(rt *rapid.T, all []listed) (query string, found []listed) {
	found = slices.Clone(all)
	form := url.Values{}
	for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(w.criteria(all)), 0, 2, func(c criterion) string { return c.name }).Draw(rt, "criteria") {
		value := rapid.SampledFrom(c.values).Draw(rt, c.name)
		form.Set("criteria["+c.name+"]", value)
		found = slices.DeleteFunc(found, func(l listed) bool { return !c.holds(l, value) })
	}
	query = form.Encode()
	newest := true
	var keys []func(a, b listed) int
	fields := sorts()
	names := rapid.SampledFrom([]string{"id", "name", "from", "counters.totalMsgNum", "counters.totalCost", "createTs", "startSendTs", "endSendTs", "type"})
	for _, name := range rapid.SliceOfNDistinct(names, 0, 3, rapid.ID).Draw(rt, "sort") {
		by, direction := fields[name], "ASC"
		if newest = rapid.Bool().Draw(rt, "descending"); newest {
			by, direction = func(a, b listed) int { return fields[name](b, a) }, "desc"
		}
		keys, query = append(keys, by), query+fmt.Sprintf("&sort[%s]=%s", name, direction)
	}
	slices.SortFunc(found, func(a, b listed) int {
		for _, by := range keys {
			if c := by(a, b); c != 0 {
				return c
			}
		}
		if newest {
			return cmp.Compare(b.id, a.id)
		}
		return cmp.Compare(a.id, b.id)
	})
	return query, found
}

// listPage asks for a page of 10.
func (w *world) listPage(query string, page int) (ids []int64, total int) {
	w.t.Helper()
	var list struct {
		Items []struct {
			ID int64 `json:",string"`
		}
		TotalItemCount int `json:",string"`
	}
	w.get("list", fmt.Sprintf("%s&pagination[pageSize]=10&pagination[currentPage]=%d", query, page), api.CodeOK, &list)
	for _, item := range list.Items {
		ids = append(ids, item.ID)
	}
	return ids, list.TotalItemCount
}

// findsAll walks all pages of random questions, and begins with some page from among
// them: each is what a filter and a sort in Go give.
func (w *world) findsAll(all []listed) {
	w.t.Helper()
	some(w.t, 30, func(rt *rapid.T) {
		query, found := w.drawQuery(rt, all)
		check := func(page int) (full bool) {
			var want []int64
			for _, l := range found[min(10*page, len(found)):min(10*page+10, len(found))] {
				want = append(want, l.id)
			}
			if got, total := w.listPage(query, page); total != len(found) || !slices.Equal(got, want) {
				rt.Fatalf("%s page %d: %v of %d\nwant %v of %d", query, page, got, total, want, len(found))
			}
			return len(want) > 0
		}
		check(rapid.IntRange(0, len(found)/10+2).Draw(rt, "page"))
		for page := 0; check(page); page++ {
		}
	})
}

// TestListMergesCampaignsOfBothKinds: those of many messages and those that single
// messages are, whether these stand in rows or on shelves.
func TestListMergesCampaignsOfBothKinds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 21))
		all := w.mixed(random, w.account)
		w.mixed(random, w.keys[theirs])
		w.findsAll(all)
		w.shelve()
		all = append(append(all, w.bulks(random, w.account, 3)...), w.singles(random, w.account, 5)...)
		w.clock.Advance(10 * time.Minute) // where pages ended is forgotten
		w.campaigns.TakeForMany(5)
		w.findsAll(all)
	})
}

// TestListGivesWhatGetInfoDoes: the same object for each campaign, field by field.
func TestListGivesWhatGetInfoDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 22))
		w.bulks(random, w.account, 10)
		w.singles(random, w.account, 5)
		var list struct{ Items []map[string]any }
		w.get("list", "pagination[pageSize]=100", api.CodeOK, &list)
		if len(list.Items) != 15 {
			t.Fatalf("%d items", len(list.Items))
		}
		for _, item := range list.Items {
			if info := w.info(item["id"].(string)); !reflect.DeepEqual(item, info) {
				t.Errorf("listed as\n%v\nwant\n%v", item, info)
			}
		}
	})
}

// TestListShowsAnAccountItsOwn: others' campaigns are not in it, by no criterion.
func TestListShowsAnAccountItsOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 23))
		all := append(w.bulks(random, w.account, 5), w.singles(random, w.account, 5)...)
		for _, query := range []string{"", "criteria[recipient]=7", fmt.Sprintf("criteria[ids]=%d,%d", all[0].id, all[9].id), "sort[name]=ASC"} {
			code, data := w.call(theirs, "list", query)
			if want := `{"items":[],"totalItemCount":"0"}`; code != api.CodeOK || string(data) != want {
				t.Errorf("%s: code %d, %s", query, code, data)
			}
		}
	})
}

// TestPagesNeitherOverlapNorSkipWhileCampaignsAreAdded of both kinds.
func TestPagesNeitherOverlapNorSkipWhileCampaignsAreAdded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2026, 24))
		for _, sort := range []string{"", "&sort[name]=DESC", "&sort[counters.totalCost]=ASC", "&sort[type]=ASC&sort[from]=DESC"} {
			known := map[int64]int{}
			for _, l := range w.mixed(random, w.account) {
				known[l.id] = 0
			}
			form := "criteria[createTsFrom]=2000-01-01" + sort
			for page, more := 0, true; more; page++ {
				ids, _ := w.listPage(form, page)
				for _, id := range ids {
					known[id]++
				}
				if more = len(ids) > 0; page < 15 {
					w.bulks(random, w.account, 1)
					w.singles(random, w.account, 2)
				}
			}
			for id, times := range known {
				if times != 1 {
					t.Errorf("%s: campaign %d stood on %d pages", sort, id, times)
				}
			}
			w.exec(`DELETE FROM message`)
			w.exec(`DELETE FROM campaign`)
		}
	})
}
