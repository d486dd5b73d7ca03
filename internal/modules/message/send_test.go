package message_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// bad is a call of sendSmsMessage that must be refused, with the words for it.
type bad struct {
	name             string
	form             string
	code             api.Code
	data             string // as JSON
	english, russian string // what the field's message says (code 1), or the whole one
}

// The clock of the tests stands at 17:00:00 in Almaty.
func badSends() []bad {
	const to = "recipient=77010000001&"
	field := func(name string) string { return `{"` + name + `":[%q]}` }
	return []bad{
		{"nothing at all", "", api.CodeMissingParameter, "null", "recipient, text", "recipient, text"},
		{"no recipient", "text=Hi", api.CodeMissingParameter, "null", "recipient", "recipient"},
		{"no text", to, api.CodeMissingParameter, "null", "text", "text"},
		{"text not UTF-8", to + "text=%FF%FE", api.CodeBadParameter, "null", "UTF-8", "UTF-8"},
		{"text with a zero byte", to + "text=a%00b", api.CodeBadParameter, "null", "UTF-8", "UTF-8"},
		{"params a scalar", to + "text=Hi&params=1", api.CodeBadParameter, "null", "object", "объект"},

		{"empty text", to + "text=", api.CodeValidation, field("text"), "must not be empty", "не может быть пустым"},
		{"empty recipient", "recipient=&text=Hi", api.CodeValidation, field("recipient"), "must not be empty", "не может быть пустым"},
		{"recipient a list", "recipient[]=77010000001&text=Hi", api.CodeValidation, field("recipient"), "must be a single value", "должно быть одно значение"},
		{"recipient without digits", "recipient=Ann&text=Hi", api.CodeValidation, field("recipient"), "is no phone number", "не является номером телефона"},
		{"recipient too short", "recipient=7701&text=Hi", api.CodeValidation, field("recipient"), "is no phone number in international format", "не является номером телефона в международном формате"},
		{"recipient too long", "recipient=7701000000100000&text=Hi", api.CodeValidation, field("recipient"), "is no phone number in international format", "не является номером телефона в международном формате"},
		{"recipient too long for its country", "recipient=770100000012&text=Hi", api.CodeValidation, field("recipient"), "is no phone number in international format", "не является номером телефона в международном формате"},
		{"unknown country", "recipient=9990000000&text=Hi", api.CodeValidation, field("recipient"), "the country of this number is not known", "страна этого номера неизвестна"},
		{"no price", "recipient=33612345678&text=Hi", api.CodeValidation, field("recipient"), "there is no price for messages to this country (FR)", "нет цены на сообщения в эту страну (FR)"},
		{"11 segments of GSM-7", to + "text=" + strings.Repeat("a", 1531), api.CodeValidation, field("text"), "takes 11 segments, at most 10 may be used", "занимает 11 сегментов, допустимо не больше 10"},
		{"11 segments of UCS-2", to + "text=" + strings.Repeat("%D0%B6", 671), api.CodeValidation, field("text"), "takes 11 segments, at most 10 may be used", "занимает 11 сегментов, допустимо не больше 10"},
		{"name too long", to + "text=Hi&params[name]=" + strings.Repeat("n", 256), api.CodeValidation, field("name"), "must not be longer than 255 characters", "должно быть не длиннее 255 символов"},
		{"validity too short", to + "text=Hi&params[validity]=59", api.CodeValidation, field("validity"), "must be at least 60", "должно быть не меньше 60"},
		{"validity too long", to + "text=Hi&params[validity]=1441", api.CodeValidation, field("validity"), "must be at most 1440", "должно быть не больше 1440"},
		{"mclass", to + "text=Hi&params[mclass]=2", api.CodeValidation, field("mclass"), "must be at most 1", "должно быть не больше 1"},
		{"shortenLinks", to + "text=Hi&params[shortenLinks]=yes", api.CodeValidation, field("shortenLinks"), "must be 0 or 1", "должно быть 0 или 1"},
		{"deferred to an ISO time", to + "text=Hi&params[deferredToTs]=2026-03-02T12:00:00Z", api.CodeValidation, field("deferredToTs"), "must be a time of the form YYYY-MM-DD HH:MM:SS", "должно быть время в виде ГГГГ-ММ-ДД ЧЧ:ММ:СС"},
		{"deferred less than an hour", to + "text=Hi&params[deferredToTs]=2026-03-01 17:59:59", api.CodeValidation, field("deferredToTs"), "must be from 1 hour to 14 days ahead", "отправку можно отложить на срок от 1 часа до 14 дней"},
		{"deferred more than 14 days", to + "text=Hi&params[deferredToTs]=2026-03-15 17:00:01", api.CodeValidation, field("deferredToTs"), "must be from 1 hour to 14 days ahead", "отправку можно отложить на срок от 1 часа до 14 дней"},

		{"no route", "recipient=393123456789&text=Hi", api.CodeOperationFailed, "null", "No carrier takes messages to this country (IT).", "Ни один оператор связи не принимает сообщения в эту страну (IT)."},
		{"costs too much to be counted", "recipient=12025550123&text=" + strings.Repeat("a", 161), api.CodeOperationFailed, "null", "The message costs more than can be charged.", "Стоимость сообщения больше допустимой."},
		{"no money", "recipient=12025550123&text=Hi", api.CodeOperationFailed, "null", "There is not enough money on the balance.", "Недостаточно средств на балансе."},
	}
}

func TestABadSendSaysWhyAndLeavesNoTrace(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		english := w.account(nil)
		russian := w.account(func(n *user.NewAccount) { n.Language = "ru" })
		before := w.traces()
		for _, tt := range badSends() {
			w.refuses(english, tt, tt.english)
			w.refuses(russian, tt, tt.russian)
		}
		if after := w.traces(); after != before {
			w.t.Errorf("the database has %+v, had %+v", after, before)
		}
		if len(w.queue.committed) != 0 {
			w.t.Errorf("the queue was given %v", w.queue.committed)
		}
	})
}

func (w *world) refuses(a account, tt bad, words string) {
	w.t.Helper()
	got := w.call(a, "message/sendSmsMessage", strings.ReplaceAll(tt.form, " ", "+"))
	data := tt.data
	if tt.code == api.CodeValidation {
		data = fmt.Sprintf(data, words)
		words = "" // they stand in data; the message names the field
	}
	if got.Code != tt.code || string(got.Data) != data || !strings.Contains(got.Message, words) || got.Message == "" {
		w.t.Errorf("%s: %d %s %q, want %d %s %q", tt.name, got.Code, got.Data, got.Message, tt.code, data, words)
	}
}

func TestAllWrongFieldsAreToldAtOnce(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, false)
		var fields map[string][]string
		w.get(w.account(nil), "message/sendSMSMessage", "recipient=Ann&text="+strings.Repeat("a", 1531)+"&params[deferredToTs]=soon&params[validity]=5",
			api.CodeValidation, &fields)
		for _, name := range []string{"recipient", "text", "from", "deferredToTs", "validity"} {
			if len(fields[name]) != 1 {
				t.Errorf("%v does not say one thing about %s", fields, name)
			}
		}
	})
}

// good is a send that is accepted, and what it must become.
type good struct {
	name, form string
	status     int // of the answer
	segments   int
	price      money.Amount
	item       string // part of the message in the list, as JSON
}

func goodSends() []good {
	const to = "recipient=%2B7+(701)+000-00-01&"
	return []good{
		{"plain", to + "text=Hi", 2, 1, segmentPrice, `{"to":"77010000001","text":"Hi","from":"Heliograph","status":"ENQUEUD","countryA2":"KZ","operatorName":"Kcell"}`},
		{"ten segments", to + "text=" + strings.Repeat("a", 1530), 2, 10, segmentPrice, `{"segNum":"10"}`},
		{"UCS-2", to + "text=" + strings.Repeat("%D0%B6", 71), 2, 2, segmentPrice, `{"segNum":"2","segUserBuy":"16.2000"}`},
		{"a sender that is not ours", to + "text=Hi&from=Bank", 2, 1, segmentPrice, `{"from":"Heliograph"}`},
		{"empty options", to + "text=Hi&from=&params[validity]=&params[deferredToTs]=", 2, 1, segmentPrice, `{"status":"ENQUEUD"}`},
		{"free of charge", "recipient=79990000001&text=Hi", 2, 1, 0, `{"countryA2":"RU","segUserBuy":"0.0000"}`},
		{"deferred an hour", to + "text=Hi&params[deferredToTs]=2026-03-01+18:00:00", 2, 1, segmentPrice, `{"status":"NEW","campaign":{"deferredToTs":"2026-03-01 18:00:00","expirationTs":"2026-03-02 18:00:00"}}`},
		{"deferred 14 days", to + "text=Hi&params[deferredToTs]=2026-03-15+17:00:00&params[validity]=60", 2, 1, segmentPrice, `{"campaign":{"validity":"60","expirationTs":"2026-03-15 18:00:00"}}`},
		{"flash with a name", to + "text=Hi&params[mclass]=0&params[name]=Sale", 2, 1, segmentPrice, `{"campaign":{"mclass":"0","name":"Sale","extra":{"mclass":"0"}}}`},
	}
}

func TestASendIsStoredChargedAndQueued(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		for _, tt := range goodSends() {
			w.accepts(a, tt)
		}
		w.ledgerHolds()
	})
}

func TestAModeratedAccountsMessageWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Moderation = api.AlwaysModerated })
		w.accepts(a, good{"moderated", "recipient=77010000001&text=Hi", 1, 1, segmentPrice,
			`{"status":"NEW","campaign":{"moderationStatus":"MODERATION","commonStatus":"MODERATION","onPartnerModeration":1}}`})
	})
}

func (w *world) accepts(a account, tt good) {
	w.t.Helper()
	before := w.balance(a)
	var result map[string]any
	w.get(a, "message/sendSmsMessage", tt.form, api.CodeOK, &result)
	id, _ := result["messageId"].(string)
	if want := map[string]any{"campaignId": id, "messageId": id, "status": float64(tt.status)}; id == "" || !reflect.DeepEqual(result, want) {
		w.t.Errorf("%s: answer %v, want %v", tt.name, result, want)
	}
	cost, _ := tt.price.Mul(tt.segments)
	if paid := before - w.balance(a); paid != cost {
		w.t.Errorf("%s: %s was charged, want %s", tt.name, paid, cost)
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	if !w.queue.planned[n] || !w.queue.committed[n] || w.queue.dropped[n] {
		w.t.Errorf("%s: the queue did not plan %d and take it over", tt.name, n)
	}
	var list struct{ Items []map[string]any }
	w.get(a, "message/list", url.Values{"criteria[id]": {id}, "withNumberInfo": {"1"}}.Encode(), api.CodeOK, &list)
	var want map[string]any
	w.ok(json.Unmarshal([]byte(tt.item), &want))
	if len(list.Items) != 1 || !holds(list.Items[0], want) {
		w.t.Errorf("%s: listed as %v, want %s in it", tt.name, list.Items, tt.item)
	}
}

// holds tells whether got has all that want has.
func holds(got, want any) bool {
	object, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(got, want)
	}
	has, _ := got.(map[string]any)
	for name, value := range object {
		if !holds(has[name], value) {
			return false
		}
	}
	return true
}

func TestAMessageEndsWithItsValidity(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id, err := strconv.ParseInt(w.send(w.account(nil), "77010000001", "Hi"), 10, 64)
		w.ok(err)
		r, err := w.messages.FindSingle(t.Context(), 1, id)
		w.ok(err)
		if want := w.clock.Now().Add(24 * time.Hour).UnixMilli(); r.ExpiresMs != want || r.Status != message.Enqueued || !r.Single() {
			t.Errorf("got %+v, want it to end at %d", r, want)
		}
	})
}
