package link

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type getStatsParams struct {
	IDs      []int64       `param:"ids,required,max=5" doc:"Ids of the links, deleted ones too."`
	Type     string        `param:"type,required" doc:"The periods: monthly, daily, hourly or minute."`
	Criteria statsCriteria `param:"criteria" doc:"The time; absent = the last 3 years, 90 days, week or 3 hours."`
}

type statsCriteria struct {
	DateFrom string `param:"dateFrom" doc:"The first moment: a date, or a date and a time, in the account's zone."`
	DateTo   string `param:"dateTo" doc:"The last moment, included."`
}

// A grid is the periods that clicks are told by, at most most of them.
type grid struct {
	span   span
	most   int
	layout string
}

// grids are those that can be asked for (contract §5).
var grids = map[string]grid{
	"monthly": {month, 36, "2006-01"},
	"daily":   {day, 90, api.DateLayout},
	"hourly":  {hour, 168, "2006-01-02 15:00"},
	"minute":  {minute, 180, minuteLayout},
}

const minuteLayout = "2006-01-02 15:04"

const gridNames = "monthly, daily, hourly, minute"

// stats is the answer: a row for each period, in which each link has its clicks under
// its place in the request.
type stats struct {
	Items  []row            `json:"items" doc:"A row per period, the first period first."`
	Totals map[string]int64 `json:"totals" doc:"totalClicks and totalRedirects, each with the link's place in the request behind it."`
}

// A row is a period, with the clicks and redirects of each link under its place in the
// request.
type row struct {
	param  string
	counts []count
}

// MarshalJSON writes param, clicks0, redirects0, clicks1 …: a count as a string, and where
// there is none the number 0.
func (r row) MarshalJSON() ([]byte, error) {
	text := append(strconv.AppendQuote([]byte(`{"param":`), r.param), ',')
	for link, n := range r.counts {
		text = appendCount(fmt.Appendf(text, `"clicks%d":`, link), n.clicks)
		text = appendCount(fmt.Appendf(text, `,"redirects%d":`, link), n.redirects)
		text = append(text, ',')
	}
	text[len(text)-1] = '}'
	return text, nil
}

func appendCount(text []byte, n int64) []byte {
	if n == 0 {
		return append(text, '0')
	}
	return strconv.AppendQuote(text, strconv.FormatInt(n, 10))
}

// JSONSchema says that a count is a string, or the number 0.
func (row) JSONSchema() *api.Schema {
	s := api.Object(api.Field("param", api.Text("The period: YYYY-MM, YYYY-MM-DD, YYYY-MM-DD HH:00 or YYYY-MM-DD HH:MM.")))
	count := &api.Schema{Type: api.Types{"string", "integer"}, Description: "The count as a string; where there is none the number 0."}
	s.PatternProperties = api.Properties{api.Field("^(clicks|redirects)[0-4]$", count)}
	return s
}

func (m *Module) getStats(ctx context.Context, c *api.Call, p *getStatsParams) (any, error) {
	g, known := grids[p.Type]
	if !known {
		return nil, api.BadParameter("type", "value.notOneOf", api.Args{"Allowed": gridNames})
	}
	periods, err := g.periods(c, &p.Criteria)
	if err != nil {
		return nil, err
	}
	found := make([][]count, len(p.IDs))
	err = m.DB.View(ctx, func(q *db.Reader) error { // what is folded meanwhile is in one of two places
		if err := owned(q, c.Account.ID, p.IDs); err != nil {
			return err
		}
		if found, err = readClicks(q, g.span, periods, p.IDs); err != nil {
			return err
		}
		return addWaiting(q, g.span, periods, p.IDs, found)
	})
	if err != nil {
		return nil, fmt.Errorf("clicks: %w", err)
	}
	return g.answer(periods, found), nil
}

// owned makes sure that the account has, or had, all of the links.
func owned(q *db.Reader, accountID int64, ids []int64) error {
	for _, id := range ids {
		var there int64
		err := q.One("SELECT count(*) FROM short_link WHERE id = $1 AND account_id = $2", []any{id, accountID}, &there)
		if err != nil {
			return err
		}
		if there == 0 {
			return api.NotFound()
		}
	}
	return nil
}

// periods are the begins of those that are asked for, by the clock on the account's
// wall; none is after now.
func (g grid) periods(c *api.Call, cr *statsCriteria) ([]time.Time, error) {
	from, _, err := wall("criteria[dateFrom]", cr.DateFrom)
	if err != nil {
		return nil, err
	}
	_, to, err := wall("criteria[dateTo]", cr.DateTo)
	if err != nil {
		return nil, err
	}
	now := g.span.begin(shown(wallMinute(c.Now.UnixMilli(), c.Account.Location)))
	first, last := g.span.begin(from), g.span.begin(to)
	if last.After(now) {
		last = now
	}
	switch {
	case cr.DateFrom == "" && cr.DateTo == "":
		last = now
		first = g.span.after(last, 1-g.most)
	case cr.DateFrom == "":
		first = g.span.after(last, 1-g.most)
	case cr.DateTo == "" || last.After(g.span.after(first, g.most-1)):
		last = g.span.after(first, g.most-1)
	}
	var all []time.Time
	for at := first; !at.After(last) && !at.After(now); at = g.span.after(at, 1) {
		all = append(all, at)
	}
	return all, nil
}

// wall reads a date, or a date and a time with or without seconds, as the clock on the
// wall shows it, and gives the first and the last minute that it stands for.
func wall(name, text string) (first, last time.Time, err error) {
	if text == "" {
		return first, last, nil
	}
	for _, layout := range []string{api.TimeLayout, minuteLayout} {
		if at, err := time.Parse(layout, text); err == nil && len(text) == len(layout) {
			return at, at, nil
		}
	}
	at, err := time.Parse(api.DateLayout, text)
	if err != nil || at.Year() < 1 {
		return first, last, api.BadParameter(name, "value.notMoment", nil)
	}
	return at, at.AddDate(0, 0, 1).Add(-time.Minute), nil
}

var selectPeriod = db.Rows(`SELECT :place, link_click.clicks, link_click.redirects FROM link_click {rows}
	WHERE link_click.span = :span AND link_click.begins = :begins AND link_click.link_id = :link_id`,
	"place bigint", "span bigint", "begins bigint", "link_id bigint")

// readClicks gives the clicks of each link by period: one row of the table, or none, for
// each.
func readClicks(q *db.Reader, s span, periods []time.Time, ids []int64) ([][]count, error) {
	all := make([][]count, len(ids))
	for i := range all {
		all[i] = make([]count, len(periods))
	}
	n := len(periods) * len(ids)
	err := q.Each(selectPeriod, n, func(i int, args []any) {
		args[0], args[1], args[2], args[3] = int64(i), int64(s), stored(periods[i/len(ids)]), ids[i%len(ids)]
	}, func(row db.Row) error {
		var i int
		var n count
		err := row.Scan(&i, &n.clicks, &n.redirects)
		all[i%len(ids)][i/len(ids)] = n
		return err
	})
	return all, err
}

// addWaiting adds the clicks that wait in batches.
func addWaiting(q *db.Reader, s span, periods []time.Time, ids []int64, found [][]count) error {
	places := make(map[time.Time]int, len(periods))
	for i, at := range periods {
		places[at] = i
	}
	return readWaiting(q, func(l linkCount) {
		for n, id := range ids {
			if id != l.link {
				continue
			}
			if place, asked := places[s.begin(shown(l.minute))]; asked {
				found[n][place] = found[n][place].plus(l.count)
			}
		}
	})
}

// answer makes the rows, and adds them up.
func (g grid) answer(periods []time.Time, found [][]count) stats {
	s := stats{Items: make([]row, len(periods)), Totals: map[string]int64{}}
	for i, at := range periods {
		s.Items[i] = row{param: at.Format(g.layout), counts: make([]count, len(found))}
	}
	for link, counts := range found {
		var total count
		for i, n := range counts {
			s.Items[i].counts[link] = n
			total = total.plus(n)
		}
		n := strconv.Itoa(link)
		s.Totals["totalClicks"+n], s.Totals["totalRedirects"+n] = total.clicks, total.redirects
	}
	return s
}
