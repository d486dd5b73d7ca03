package campaign_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
)

// fields gives the names of an entity's fields that were refused.
func fields(t *testing.T, data json.RawMessage) (names []string) {
	t.Helper()
	var refused map[string][]string
	if err := json.Unmarshal(data, &refused); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	for name := range refused {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestEveryFieldOfACampaignIsChecked(t *testing.T) {
	long := strings.Repeat("n", 255)
	refused := []struct {
		name   string
		fields []string // of data
		wrong  []string
	}{
		{"name too long", []string{"name", long + "n"}, []string{"name"}},
		{"no text", []string{"text", ""}, []string{"text"}},
		{"eleven segments", []string{"text", strings.Repeat("a", 10*153+1)}, []string{"text"}},
		{"eleven segments of UCS-2", []string{"text", strings.Repeat("ы", 10*67+1)}, []string{"text"}},
		{"type 0", []string{"type", "0"}, []string{"type"}},
		{"type 4", []string{"type", "4"}, []string{"type"}},
		{"type 7 is the service's own", []string{"type", "7"}, []string{"type"}},
		{"type word", []string{"type", "x"}, []string{"type"}},
		{"rate 0", []string{"rateLimit", "0"}, []string{"rateLimit"}},
		{"rate negative", []string{"rateLimit", "-5"}, []string{"rateLimit"}},
		{"101 a second", []string{"rateLimit", "6060", "ratePeriod", "60"}, []string{"rateLimit"}},
		{"over 100 a second by one an hour", []string{"rateLimit", "360001", "ratePeriod", "3600"}, []string{"rateLimit"}},
		{"over 100 a second in a minute, unsaid", []string{"rateLimit", "6001"}, []string{"rateLimit"}},
		{"rate beyond numbers", []string{"rateLimit", "99999999999999999999"}, []string{"rateLimit"}},
		{"period", []string{"rateLimit", "1", "ratePeriod", "61"}, []string{"ratePeriod"}},
		{"59 minutes", []string{"validity", "59"}, []string{"validity"}},
		{"over a day", []string{"validity", "1441"}, []string{"validity"}},
		{"59 minutes by the old name", []string{"ttl", "59"}, []string{"ttl"}},
		{"mclass 2", []string{"mclass", "2"}, []string{"mclass"}},
		{"msgType", []string{"msgType", "MMS"}, []string{"msgType"}},
		{"shortenLinks", []string{"shortenLinks", "2"}, []string{"shortenLinks"}},
		{"trackShortLinkRecipients", []string{"trackShortLinkRecipients", "x"}, []string{"trackShortLinkRecipients"}},
		{"ISO time", []string{"deferredToTs", "2026-03-01T19:00:00"}, []string{"deferredToTs"}},
		{"a second under an hour", []string{"deferredToTs", "2026-03-01 17:59:59"}, []string{"deferredToTs"}},
		{"a second over 14 days", []string{"deferredToTs", "2026-03-15 17:00:01"}, []string{"deferredToTs"}},
		{"all at once", []string{"name", long + "n", "type", "9", "validity", "1"}, []string{"name", "type", "validity"}},
	}
	accepted := [][]string{
		{}, {"name", long}, {"text", strings.Repeat("a", 10*153)}, {"type", "1"}, {"type", "3", "text", strings.Repeat("{name}", 400)},
		{"rateLimit", "6000", "ratePeriod", "60"}, {"rateLimit", "8640000", "ratePeriod", "86400"}, {"rateLimit", "6000"}, {"ratePeriod", "3600"},
		{"validity", "60"}, {"ttl", "1440"}, {"mclass", "0"}, {"msgType", "SMS"}, {"shortenLinks", "TRUE"},
		{"deferredToTs", "2026-03-01 18:00:00"}, {"deferredToTs", "2026-03-15 17:00:00"}, {"deferredToTs", ""}, {"from", "Heliograph"}, {"from", "unknown"},
	}
	onBoth(t, func(t *testing.T, w *world) {
		form := func(all []string) string {
			v := url.Values{"data[text]": {"Hi"}}
			for i := 0; i < len(all); i += 2 {
				v.Set("data["+all[i]+"]", all[i+1])
			}
			return v.Encode()
		}
		for _, tt := range refused {
			code, data := w.call(ours, "create", form(tt.fields))
			if code != api.CodeValidation {
				t.Errorf("%s: code %d %s", tt.name, code, data)
			} else if got := fields(t, data); !slices.Equal(got, tt.wrong) {
				t.Errorf("%s: refused are %v, want %v", tt.name, got, tt.wrong)
			}
		}
		if n := w.number(`SELECT count(*) FROM campaign`); n != 0 {
			t.Errorf("%d campaigns were made of what was refused", n)
		}
		for _, all := range accepted {
			if code, data := w.call(ours, "create", form(all)); code != api.CodeOK {
				t.Errorf("%.80v: code %d %s", all, code, data)
			}
		}
		for query, want := range map[string]api.Code{"": api.CodeMissingParameter, "data[name]=x": api.CodeValidation, "data=x": api.CodeBadParameter} {
			if code, _ := w.call(ours, "create", query); code != want {
				t.Errorf("create %q: code %d, want %d", query, code, want)
			}
		}
	})
}

func TestACampaignNeedsASender(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ok(w.names.Remove(t.Context(), alphaname.Shared, "Heliograph"))
		w.names.Refresh(t.Context())
		code, data := w.call(ours, "create", "data[text]=Hi")
		if code != api.CodeValidation || !slices.Equal(fields(t, data), []string{"from"}) {
			t.Errorf("code %d %s", code, data)
		}
	})
}

func TestCreateAnswersABareStringID(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, data := w.call(ours, "create", "data[text]=Hi")
		var id string
		if err := json.Unmarshal(data, &id); err != nil || parsed(id) <= 0 {
			t.Errorf("the answer is %s", data)
		}
		w.says(id, map[string]any{"id": id, "commonStatus": "NEW", "type": "2", "validity": "1440", "mclass": "1"})
	})
}

func TestTTLIsAnOldNameOfValidity(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.says(w.draft("ttl", "90"), map[string]any{"validity": "90"})
		w.says(w.draft("ttl", "90", "validity", "120"), map[string]any{"validity": "120"})
	})
}
