package campaign_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
)

// given is an item as a client reads it: empty where it has null or nothing.
type given struct {
	kind, as, recipient string
	code                campaign.Code
	added               bool
}

func (i item) given() given {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return given{i.Type, text(i.Number) + text(i.Contact), text(i.Recipient), i.Code, i.MessageID != nil}
}

func givens(items []item) (all []given) {
	for _, i := range items {
		all = append(all, i.given())
	}
	return all
}

func TestEachRecipientIsToldItsOwnCode(t *testing.T) {
	number := func(as, recipient string, code campaign.Code) given {
		return given{"number", as, recipient, code, code == campaign.Added}
	}
	want := []given{
		number("+7 (701) 000-00-01", "77010000001", 0),
		number("", "", 1),
		number("none", "", 2),
		number("0501234567", "", 3),
		number("77010000001", "77010000001", 4), // as it was the first
		number("375291234567", "375291234567", 6),
		number("2101234567", "2101234567", 7),
		number("380501234567", "380501234567", 8), // an operator without a price
		number("380999999999", "380999999999", 8),
		number("12025550123", "12025550123", 8),
		number("393123456789", "393123456789", 8), // a price, and no route
		number("79101234567", "79101234567", 0),
	}
	onBoth(t, func(t *testing.T, w *world) {
		var form []string
		for _, g := range want {
			form = append(form, "recipients[]="+url.QueryEscape(g.as))
		}
		id := w.draft()
		items := w.adds(id, api.CodePartlyDone, strings.Join(form, "&"))
		if got := givens(items); !slices.Equal(got, want) {
			t.Errorf("items:\n%v, want\n%v", got, want)
		}
		w.adds(id, api.CodeNothingDone, "recipients=77010000001,1")
		if got := givens(w.adds(id, api.CodeOK, "recipients=77010000002")); got[0].code != campaign.Added {
			t.Errorf("added later: %v", got)
		}
		counters := w.info(id)["counters"].(map[string]any)
		if counters["totalMsgNum"] != "3" || counters["recipientsRejected"] != "12" || counters["totalCost"] != "41.4000" {
			t.Errorf("counters %v", counters)
		}
	})
}

func TestAnOperatorThatNobodyKnowsIsNoObstacleWhereTheCountryHasAPrice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		items := givens(w.adds(w.draft(), api.CodePartlyDone, "recipients=77172123456,380441234567"))
		if items[0].code != 0 || items[1].code != 7 { // in Ukraine only an operator has a price
			t.Errorf("items %v", items)
		}
	})
}

func TestAnItemHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.cards[5] = map[string]string{"mobile": "77010000003"}
		for form, types := range map[string]map[string]string{
			"recipients=77010000001,none": {"recipient": "str?", "code": "num", "messageId": "str?", "type": "str", "number": "str"},
			"recipientContacts=5,6":       {"recipient": "str?", "code": "num", "messageId": "str?", "type": "str", "contact": "str"},
		} {
			var items []any
			w.get("addRecipients", "id="+w.draft()+"&"+form, api.CodePartlyDone, &items)
			for _, i := range items {
				typed(t, form, i, types)
			}
		}
	})
}

func TestRecipientsComeInEveryForm(t *testing.T) {
	want := []string{"77010000001", "77010000002", "77010000003"}
	onBoth(t, func(t *testing.T, w *world) {
		for name, form := range map[string]string{
			"commas":      "recipients=77010000001,77010000002, 77010000003",
			"line breaks": "recipients=" + url.QueryEscape("77010000001\r\n77010000002\n\n77010000003\n"),
			"list":        "recipients[]=77010000001&recipients[]=77010000002&recipients[]=77010000003",
			"objects":     "recipients[0][recipient]=77010000001&recipients[0][x]=1&recipients[1][recipient]=77010000002&recipients[7]=77010000003",
		} {
			var got []string
			for _, i := range w.adds(w.draft(), api.CodeOK, form) {
				got = append(got, *i.Recipient)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v", name, got)
			}
		}
		id := w.draft()
		body := fmt.Sprintf(`{"id":%q,"recipients":[{"recipient":77010000001,"name":null},"77010000002",{"recipient":"77010000003","x":{"y":1}}]}`, id)
		if r := w.caller().Send(ours, "campaign/addRecipients", "application/json", body); r.Code != api.CodeOK {
			t.Errorf("JSON: code %d %s", r.Code, r.Data)
		}
		if n := w.number(`SELECT messages FROM campaign WHERE id = $1`, parsed(id)); n != 3 {
			t.Errorf("%d of JSON", n)
		}
	})
}

func TestExactlyOneSourceOfRecipients(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.groups[7] = []int64{}
		id := w.draft()
		for _, form := range []string{
			"", "recipients=", "recipients=77010000001&recipientContacts=1", "recipients=77010000001&recipientGroups=7",
			"recipientContacts=1&recipientGroups=7", "recipientGroups=", "recipientGroups=7,8", "recipientGroups=x",
			"recipients=77010000001&params[placeholdersFlag]=4", "recipients=77010000001&params[replace]=2",
			"recipients=" + people(0, 501), "recipientContacts=" + strings.Repeat("1,", 500) + "1",
		} {
			if code, data := w.call(ours, "addRecipients", "id="+id+"&"+form); code != api.CodeBadParameter {
				t.Errorf("%.60q: code %d %.200s", form, code, data)
			}
		}
		if code, _ := w.call(theirs, "addRecipients", "id="+id+"&recipients=77010000001"); code != api.CodeNotFound {
			t.Errorf("another account's: code %d", code)
		}
		if code, _ := w.call(ours, "addRecipients", "recipients=77010000001"); code != api.CodeMissingParameter {
			t.Errorf("without id: code %d", code)
		}
		w.says(id, map[string]any{"groups": nil})
		if n := w.number(`SELECT count(*) FROM message`); n != 0 {
			t.Errorf("%d messages were added", n)
		}
		w.adds(id, api.CodeOK, "recipients="+people(0, 500))
	})
}

func TestContactsAreAddedByAnyFieldOfTheirs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.cards = map[int64]map[string]string{
			1: {"mobile": "77010000001", "viber": "77010000002", "name": "Ann"}, 2: {"name": "Bob"}, 3: {"mobile": "77010000001"}, 4: {"mobile": "call me"},
		}
		want := []given{
			{"contact", "1", "77010000001", 0, true},
			{"contact", "1:viber", "77010000002", 0, true},
			{"contact", "1:landline", "", 32, false},
			{"contact", "1:name", "", 2, false},
			{"contact", "2", "", 31, false},
			{"contact", "2:mobile", "", 31, false},
			{"contact", "9", "", 30, false},
			{"contact", "word", "", 30, false},
			{"contact", "3", "77010000001", 4, false},
			{"contact", "4", "", 2, false},
		}
		var words []string
		for _, g := range want {
			words = append(words, g.as)
		}
		id := w.draft("type", "3", "text", "Hi {name}")
		if got := givens(w.adds(id, api.CodePartlyDone, "recipientContacts="+strings.Join(words, ","))); !slices.Equal(got, want) {
			t.Errorf("items:\n%v, want\n%v", got, want)
		}
		if n := w.number(`SELECT count(*) FROM message WHERE text = 'Hi Ann' AND card_id = 1`); n != 2 {
			t.Errorf("%d texts are filled from the card", n)
		}
	})
}

func TestPlaceholdersWithoutAValue(t *testing.T) {
	const form = "&recipients[0][recipient]=77010000001&recipients[0][a]=1&recipients[1][recipient]=77010000002&recipients[1][a]="
	onBoth(t, func(t *testing.T, w *world) {
		for flag, want := range map[string][]string{
			"":                           {"1{b}", "{a}{b}"},
			"params[placeholdersFlag]=1": {"1{b}", "{a}{b}"},
			"params[placeholdersFlag]=2": {"1", "20"}, // nothing is left to be sent
			"params[placeholdersFlag]=3": {"20", "20"},
		} {
			_, data := w.call(ours, "addRecipients", "id="+w.draft("type", "3", "text", "{a}{b}")+"&"+flag+form)
			if got := w.textsOrCodes(data); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", flag, got, want)
			}
		}
	})
}

// textsOrCodes are the texts of those that were added, and the codes of the others.
func (w *world) textsOrCodes(data json.RawMessage) (all []string) {
	w.t.Helper()
	var items []item
	w.ok(json.Unmarshal(data, &items))
	for _, i := range items {
		if i.MessageID == nil {
			all = append(all, fmt.Sprint(i.Code))
			continue
		}
		all = append(all, w.textOf(*i.MessageID))
	}
	return all
}

func TestATextThatIsTooLongFilledRefusesItsRecipientAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("type", "3", "text", "{a}{a}")
		items := givens(w.adds(id, api.CodePartlyDone, "recipients[0][recipient]=77010000001&recipients[0][a]="+strings.Repeat("a", 766)+
			"&recipients[1][recipient]=77010000002&recipients[1][a]="+strings.Repeat("a", 765)))
		if items[0].code != campaign.Failed || items[1].code != campaign.Added {
			t.Errorf("items %v", items)
		}
		if cost := w.info(id)["counters"].(map[string]any)["totalCost"]; cost != (10 * toKazakhstan).String() {
			t.Errorf("ten segments cost %v", cost)
		}
	})
}

func TestReplaceRemovesWhatWasThere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.cards[1] = map[string]string{"mobile": "77010009999"}
		w.contacts.groups[7] = []int64{1}
		id := w.draft("type", "3", "text", "Hi {name}{recipient}")
		w.adds(id, api.CodeBackground, "recipientGroups=7")
		w.idle()
		w.adds(id, api.CodeOK, "recipients="+people(0, 400))
		w.adds(id, api.CodePartlyDone, "recipients=none,77010000001&params[replace]=1")
		counters := w.info(id)["counters"].(map[string]any)
		if counters["totalMsgNum"] != "1" || counters["recipientsRejected"] != "1" || counters["totalCost"] != toKazakhstan.String() {
			t.Errorf("counters %v", counters)
		}
		w.says(id, map[string]any{"groups": nil})
		for query, want := range map[string]int64{
			`SELECT count(*) FROM message`: 1, `SELECT count(*) FROM campaign_recipient`: 1,
			`SELECT CAST(sum(messages) AS bigint) FROM campaign_part`: 1, `SELECT count(*) FROM campaign WHERE first_id IN (SELECT id FROM message)`: 1,
		} {
			if got := w.number(query); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
		w.adds(id, api.CodeBackground, "recipientGroups=7&params[replace]=1")
		w.idle()
		w.says(id, map[string]any{"groups": "7"})
	})
}
