package link_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
)

type statsAnswer struct {
	Items  []map[string]any
	Totals map[string]float64
}

func (w *world) stats(key string, form url.Values) (s statsAnswer) {
	w.t.Helper()
	w.ok(json.Unmarshal(w.call(key, "getStats", form.Encode(), api.CodeOK, ""), &s))
	return s
}

// The clock of the tests stands at 2026-03-01 17:00 in Almaty.
func TestSpansHaveTheirRows(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		w.create(key, map[string]string{"fullLink": "https://a.example"})
		for _, tt := range []struct {
			kind, from, to string
			rows           int
			first, last    string
		}{
			{"monthly", "", "", 36, "2023-04", "2026-03"},
			{"daily", "", "", 90, "2025-12-02", "2026-03-01"},
			{"hourly", "", "", 168, "2026-02-22 18:00", "2026-03-01 17:00"},
			{"minute", "", "", 180, "2026-03-01 14:01", "2026-03-01 17:00"},
			{"daily", "2026-02-27", "", 3, "2026-02-27", "2026-03-01"},
			{"daily", "2025-01-01", "", 90, "2025-01-01", "2025-03-31"},
			{"daily", "2025-01-01", "2026-01-01", 90, "2025-01-01", "2025-03-31"},
			{"daily", "", "2025-12-31", 90, "2025-10-03", "2025-12-31"},
			{"daily", "", "2027-12-31", 90, "2025-12-02", "2026-03-01"},
			{"minute", "", "2026-03-01", 180, "2026-03-01 14:01", "2026-03-01 17:00"},
			{"daily", "2026-02-01", "2026-02-03", 3, "2026-02-01", "2026-02-03"},
			{"hourly", "2026-02-01", "2026-02-01", 24, "2026-02-01 00:00", "2026-02-01 23:00"},
			{"hourly", "2026-02-01 10:30:00", "2026-02-01 12:00:00", 3, "2026-02-01 10:00", "2026-02-01 12:00"},
			{"hourly", "2026-02-01 10:00", "2026-02-01 12:00", 3, "2026-02-01 10:00", "2026-02-01 12:00"},
			{"minute", "2026-03-01 16:58:30", "2026-03-09", 3, "2026-03-01 16:58", "2026-03-01 17:00"},
			{"monthly", "2026-01-31", "2026-02-01", 2, "2026-01", "2026-02"},
			{"daily", "2026-02-03", "2026-02-01", 0, "", ""},
			{"daily", "2027-01-01", "", 0, "", ""},
		} {
			s := w.stats(key, url.Values{"ids": {"1"}, "type": {tt.kind}, "criteria[dateFrom]": {tt.from}, "criteria[dateTo]": {tt.to}})
			if len(s.Items) != tt.rows {
				t.Errorf("%v: %d rows", tt, len(s.Items))
			} else if tt.rows > 0 && (s.Items[0]["param"] != tt.first || s.Items[tt.rows-1]["param"] != tt.last) {
				t.Errorf("%v: from %v to %v", tt, s.Items[0]["param"], s.Items[tt.rows-1]["param"])
			}
		}
	})
}

// TestClicksAreWhereTheWallClockSaysTheyWere compares all four grids with a list of every
// click.
func TestClicksAreWhereTheWallClockSaysTheyWere(t *testing.T) {
	layouts := map[string]string{"monthly": "2006-01", "daily": "2006-01-02", "hourly": "2006-01-02 15:00", "minute": "2006-01-02 15:04"}
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		const zone = "America/New_York" // whose clocks go forward a week from the tests' day
		location, err := time.LoadLocation(zone)
		w.ok(err)
		key := w.account(zone)
		links := []made{w.create(key, map[string]string{"fullLink": "https://a.example"}), w.create(key, map[string]string{"fullLink": "https://b.example"})}
		var clicks [2][]time.Time
		rapid.Check(t, func(rt *rapid.T) {
			if len(clicks[0])+len(clicks[1]) > 400 {
				return
			}
			w.clock.Advance(time.Duration(rapid.IntRange(0, 3*60*60).Draw(rt, "seconds")) * time.Second)
			n := rapid.IntRange(0, 1).Draw(rt, "link")
			for range rapid.IntRange(1, 5).Draw(rt, "clicks") {
				w.click(links[n].Code)
				clicks[n] = append(clicks[n], w.clock.Now().In(location))
			}
		})
		w.ok(w.links.Stop(t.Context()))
		for kind, layout := range layouts {
			s := w.stats(key, url.Values{"ids": {links[1].ID + "," + links[0].ID}, "type": {kind}})
			for place, n := range []int{1, 0} {
				compare(t, s, kind, place, layout, clicks[n])
			}
		}
	})
}

func compare(t *testing.T, s statsAnswer, kind string, place int, layout string, clicks []time.Time) {
	t.Helper()
	want := map[string]int{}
	for _, at := range clicks {
		want[at.Format(layout)]++
	}
	name, total := fmt.Sprint("clicks", place), 0
	for _, row := range s.Items {
		n := want[row["param"].(string)]
		total += n
		var said any = float64(0) // a filler is a number, a count a string
		if n > 0 {
			said = strconv.Itoa(n)
		}
		if row[name] != said || row[fmt.Sprint("redirects", place)] != said {
			t.Errorf("%s %v: %v, want %v", kind, row["param"], row[name], said)
		}
	}
	if got := s.Totals[fmt.Sprint("totalClicks", place)]; got != float64(total) {
		t.Errorf("%s: total %v, want %d", kind, got, total)
	}
}

// TestARowBeginsWithItsPeriod, as the contract shows it, in JSON and so in XML.
func TestARowBeginsWithItsPeriod(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		w.click(w.create(key, map[string]string{"fullLink": "https://a.example"}).Code)
		w.click(w.create(key, map[string]string{"fullLink": "https://b.example"}).Code, "User-Agent", "curl/8")
		w.ok(w.links.Flush(t.Context()))
		got := w.call(key, "getStats", "ids=1,2&type=daily&criteria[dateFrom]=2026-03-01", api.CodeOK, "")
		const want = `{"items":[{"param":"2026-03-01","clicks0":"1","redirects0":"1","clicks1":"1","redirects1":0}],` +
			`"totals":{"totalClicks0":1,"totalClicks1":1,"totalRedirects0":1,"totalRedirects1":0}}`
		if string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}
